/** The kinds of recordings that can be opened, in the order in which they are asked whether a file is theirs. */
import { etl } from '../etl/recording.js'
import { kwr } from './kwr.js'
import type { RecordingFormat } from './playback.js'

export const FORMATS: readonly RecordingFormat[] = [kwr, etl]
