import { expect } from "chai";
import { onWorkDays, offHours as section, workMinutes } from "../../components/settings/offHours";
import { onAws, onExisting, problemsOf, theProblemOf } from "./fixtures";

const receivers = { team: { kind: "email", addresses: ["team@example.com"] } };
const stack = (asked: object = {}, { sections = {}, foundation = {} } = {}) =>
  onAws(
    { dataProtection: false, ...foundation },
    { monitoring: { receivers }, governance: { offHours: asked }, ...sections },
  );

const withoutCluster = { cluster: { kind: "none" }, network: { nat: "none" } };

describe("off hours", () => {
  it("are accepted in a stack that is not production and tells somebody, with a cluster of its own and without one", () => {
    expect(problemsOf(stack())).to.deep.equal([]);
    const training = { studio: { enabled: true, notebooks: { bench: {} } } };
    const endpoints = "s3 sts logs kms states sagemaker.api sagemaker.runtime athena glue".split(" ");
    const foundation = { ...withoutCluster, network: { nat: "none", endpoints } };
    expect(problemsOf(stack({}, { foundation, sections: { training } }))).to.deep.equal([]);
    expect(problemsOf(stack({ startAt: "06:30", stopAt: "23:30", timeZone: "Europe/Dublin" }))).to.deep.equal([]);
  });

  for (const timeZone of ["UTC", "Europe/Dublin", "Asia/Kolkata", "US/Eastern", "America/Port_of_Spain", "Etc/GMT+5"]) {
    it(`are accepted in ${timeZone}`, () => {
      expect(problemsOf(stack({ timeZone }))).to.deep.equal([]);
    });
  }

  const karpenter = { cluster: { scaling: { kind: "karpenter" } } };
  const adopted = {
    network: {
      kind: "adopt",
      vpcId: "vpc-0000000000000000a",
      privateSubnetIds: ["subnet-0000000000000000a", "subnet-0000000000000000b"],
    },
    cluster: { kind: "adopt", name: "company" },
  };
  const watchdog = {
    receivers: { ...receivers, dead: { kind: "webhook", secretName: "ml/dead" } },
    watchdogReceiver: "dead",
  };
  const refused: [what: string, raw: object, path: string, remedy: RegExp][] = [
    [
      "a stack that keeps its data",
      stack({}, { foundation: { dataProtection: true } }),
      "governance.offHours",
      /dataProtection: false/,
    ],
    [
      "the tag of production",
      stack({}, { foundation: { tags: { environment: "prod" } } }),
      "governance.offHours",
      /^leave offHours out/,
    ],
    ["nodes of somebody else's", stack({}, { foundation: adopted }), "governance.offHours", /^leave offHours out/],
    [
      "Karpenter",
      stack({}, { foundation: karpenter }),
      "foundation.cluster.scaling.kind",
      /^write scaling: \{ kind: nodeGroups \}/,
    ],
    [
      "a night between start and stop",
      stack({ startAt: "20:00", stopAt: "07:00" }),
      "governance.offHours.stopAt",
      /startAt: "07:00"/,
    ],
    [
      "less than an hour of work",
      stack({ startAt: "07:00", stopAt: "07:59" }),
      "governance.offHours.stopAt",
      /stopAt: "20:00"/,
    ],
    [
      "a stop that ends on the next day",
      stack({ stopAt: "23:31" }),
      "governance.offHours.stopAt",
      /^write stopAt: "23:30"/,
    ],
    ["nothing that stops", stack({}, { foundation: withoutCluster }), "governance.offHours", /^leave offHours out/],
    ["a time zone in small letters", stack({ timeZone: "europe/dublin" }), "governance.offHours.timeZone", /./],
    ["one by its other name", stack({ timeZone: "asia/kolkata" }), "governance.offHours.timeZone", /./],
    ["a short name in small letters", stack({ timeZone: "utc" }), "governance.offHours.timeZone", /./],
    ["a time zone that is none", stack({ timeZone: "Europe/Dublyn" }), "governance.offHours.timeZone", /./],
    ["nobody who is told", stack({}, { sections: { monitoring: {} } }), "governance.offHours", /kind: email/],
    [
      "a dead-man's switch",
      stack({}, { sections: { monitoring: watchdog } }),
      "monitoring.watchdogReceiver",
      /^leave watchdogReceiver out/,
    ],
    ["backups", stack({}, { sections: { backup: {} } }), "backup", /^leave backup out/],
    [
      "a cluster of one's own",
      onExisting({}, { governance: { offHours: {} } }),
      "governance.offHours",
      /^leave offHours out/,
    ],
  ];
  for (const [what, raw, path, remedy] of refused) {
    it(`are refused with ${what}`, () => {
      const problem = theProblemOf(raw);
      expect(problem.path).to.equal(path);
      expect(problem.remedy).to.match(remedy);
    });
  }

  it("are times of the work days, in the order of the week, before and after", () => {
    const hours = section.parse({ startAt: "07:05", stopAt: "20:00", workDays: ["wed", "mon"] });
    expect(onWorkDays(hours, hours.startAt)).to.equal("cron(5 7 ? * MON,WED *)");
    expect(onWorkDays(hours, hours.stopAt, -30)).to.equal("cron(30 19 ? * MON,WED *)");
    expect(onWorkDays(hours, hours.stopAt, 15)).to.equal("cron(15 20 ? * MON,WED *)");
    expect(workMinutes(hours)).to.equal(12 * 60 + 55);
  });
});
