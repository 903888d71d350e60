/** Damage of what a recording is packed in. The recording itself may lack more. */
export const ARCHIVE_DEFECTS = {
  archiveCut: 'archives that break off: read as far as they go',
  archiveData: 'archives whose packed data are broken: read as far as they go',
  archiveChecksum: 'archives whose content has another checksum or length than they say',
  archiveRest: 'archives with bytes behind their end that are not packed data: left out',
  archiveDirectory: 'archives whose directory is missing or wrong: their entries were looked for one after the other',
} as const

export type ArchiveDefect = keyof typeof ARCHIVE_DEFECTS
