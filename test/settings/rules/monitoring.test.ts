import { minimalAws, onExisting } from "../fixtures";
import { webhook } from "./configs";
import { refuse } from "./table";

const mail = { kind: "email", addresses: ["ml@example.com"] };

describe("rules between settings: monitoring", () => {
  refuse([
    [
      "a dead-man's switch that is no receiver",
      { ...minimalAws(), monitoring: { receivers: { night: webhook, day: webhook }, watchdogReceiver: "nigth" } },
      "monitoring.watchdogReceiver",
      /one of night, day.*write watchdogReceiver: night/s,
    ],
    [
      "a dead-man's switch without any receiver",
      { ...minimalAws(), monitoring: { watchdogReceiver: "night" } },
      "monitoring.watchdogReceiver",
      /which is empty.*add it to monitoring\.receivers/s,
    ],
    [
      "a dead-man's switch that is a person",
      { ...minimalAws(), monitoring: { receivers: { ml: mail }, watchdogReceiver: "ml" } },
      "monitoring.receivers.ml.kind",
      /webhook, since monitoring\.watchdogReceiver names it.*or leave watchdogReceiver out/s,
    ],
    [
      "a dead-man's switch that is to get alerts by default",
      {
        ...minimalAws(),
        monitoring: { receivers: { a: webhook, b: webhook }, watchdogReceiver: "a", defaultReceiver: "a" },
      },
      "monitoring.defaultReceiver",
      /nothing but the sign of life.*name another/s,
    ],
    [
      "SNS on an existing cluster",
      onExisting(
        {},
        { monitoring: { receivers: { a: { kind: "sns", topicArn: "arn:aws:sns:eu-west-1:000000000000:x" } } } },
      ),
      "monitoring.receivers.a.kind",
      /slack or kind: webhook/,
    ],
    [
      "receiver's address twice",
      {
        ...minimalAws(),
        monitoring: { receivers: { ml: { kind: "email", addresses: ["ml@example.com", "ml@example.com"] } } },
      },
      "monitoring.receivers.ml.addresses[1]",
      /each once/,
    ],
  ]);
});
