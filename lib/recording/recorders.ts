/** The recorder that the options ask for. */
import { FileRecorder } from './file-recorder.js'
import { FlightRecorder } from './flight-recorder.js'
import type { ResolvedRecordOptions } from './options.js'
import type { Recorded, Recorder } from './recorder.js'

/** Throws where the file cannot be made. `onFailure`: called when it can be recorded no longer. */
export async function openRecorder(
  options: ResolvedRecordOptions,
  recorded: Recorded,
  onFailure: (error: unknown) => void,
): Promise<Recorder> {
  const { path, lastMs } = options
  if (path !== undefined) return FileRecorder.open({ ...options, path }, recorded, onFailure)
  return new FlightRecorder({ ...options, lastMs: lastMs! }, recorded)
}
