import { minimalAws } from "../fixtures";
import { refuse } from "./table";

const budget = (more: object) => ({
  ...minimalAws(),
  governance: { budget: { monthlyUsd: 100, notifyEmails: ["ml@example.com"], ...more } },
});

describe("rules between settings: governance", () => {
  refuse([
    ["budget alert twice", budget({ alertAtPercent: [80, 80] }), "governance.budget.alertAtPercent[1]", /each once/],
    [
      "budget mail twice",
      budget({ notifyEmails: ["ml@example.com", "ML@example.com"] }),
      "governance.budget.notifyEmails[1]",
      /each once/,
    ],
    [
      "required tag that no tag can be",
      { ...minimalAws(), governance: { requiredTags: ["a=b"] } },
      "governance.requiredTags[0]",
      /no = or comma/,
    ],
  ]);
});
