/** Faults of a state machine in Amazon States Language, by its schemas and paths. The package has no types of its own. */
const validate: (definition: object) => { errors: object[] } = require("asl-validator");

export function languageFaults(definition: string): string[] {
  return validate(JSON.parse(definition)).errors.map((each) => JSON.stringify(each));
}
