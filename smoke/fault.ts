/** What does not work, as a sentence for whoever mends it. In `Act.until` it may pass, and is told where it does not. */
export class Fault extends Error {}

/** A fault that does not pass by waiting. */
export class LastingFault extends Fault {}

/** Why a check does not apply to this stack. */
export class NotChecked extends Error {}
