/** A reason why set-up cannot go on: one sentence with the remedy, and the exit status (2: something to install). */
export class SetupError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message)
    this.status = status
  }
}
