/** For authors of targets: the suite that lanewise's own targets pass. */
export type { Case, Feature } from './testing/cases.ts'
export { type ConformanceOptions, conformance } from './testing/conformance.ts'
