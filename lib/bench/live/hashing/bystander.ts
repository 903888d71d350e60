/** hashing/bystander: a process without a sensor, that is measured as the consumer is, at the same moments. */
import { answer } from './lateness.js'

answer(() => ({}))
