import { z } from "zod";
import { foundation } from "./foundation";

/** The whole stack config, section by section. A missing section is a piece that is off. */
export const settings = z.strictObject({
  foundation: foundation.describe("Where the platform runs: an AWS account, or any Kubernetes cluster."),
});

/** What the program is told to build: complete, checked, every default filled in. */
export type Settings = z.output<typeof settings>;

/** Names of the sections, in the order of the reference. */
export const sectionNames = Object.keys(settings.shape) as (keyof Settings)[];
