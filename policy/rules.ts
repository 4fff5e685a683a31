import type { Rule } from "./rule";
import { dataLoss } from "./rules/dataLoss";
import { encryption } from "./rules/encryption";
import { identity } from "./rules/identity";
import { images } from "./rules/images";
import { logs } from "./rules/logs";
import { machines } from "./rules/machines";
import { networkPolicies } from "./rules/networkPolicies";
import { openPorts } from "./rules/openPorts";
import { pods } from "./rules/pods";
import { publicAccess } from "./rules/publicAccess";
import { tags } from "./rules/tags";
import { transport } from "./rules/transport";

/** Every rule of the pack, by family. */
export const rules: readonly Rule[] = [
  ...encryption,
  ...publicAccess,
  ...openPorts,
  ...transport,
  ...identity,
  ...pods,
  ...images,
  ...networkPolicies,
  ...logs,
  ...dataLoss,
  ...machines,
  ...tags,
];
