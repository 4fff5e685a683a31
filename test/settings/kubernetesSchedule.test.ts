import { expect } from "chai";
import { kubernetesSchedule } from "../../components/settings/kubernetesSchedule";
import { eventBridgeFault, kubernetesCronFault } from "../../components/settings/schedules";

const translated: [eventBridge: string, kubernetes: string][] = [
  ["cron(0 3 ? * SUN *)", "0 3 * * SUN"],
  ["cron(0 3 ? * 1 *)", "0 3 * * 0"],
  ["cron(0 3 ? * 7 *)", "0 3 * * 6"],
  ["cron(0 3 ? * 2-6 *)", "0 3 * * 1-5"],
  ["cron(0 3 ? * 2,4/2 *)", "0 3 * * 1,3/2"],
  ["cron(0 3 ? * */2 *)", "0 3 * * */2"],
  ["cron(5/10 8-17 1,15 JAN-JUN ? *)", "5/10 8-17 1,15 JAN-JUN *"],
  ["cron(0 0 * * ? *)", "0 0 * * *"],
  ["rate(1 minute)", "* * * * *"],
  ["rate(5 minutes)", "*/5 * * * *"],
  ["rate(60 minutes)", "0 * * * *"],
  ["rate(120 minutes)", "0 */2 * * *"],
  ["rate(1 hour)", "0 * * * *"],
  ["rate(6 hours)", "0 */6 * * *"],
  ["rate(24 hours)", "0 0 * * *"],
  ["rate(1 day)", "0 0 * * *"],
  ["rate(7 days)", "0 0 * * 0"],
];

const untranslatable: [eventBridge: string, fault: RegExp, remedy: RegExp][] = [
  ["cron(0 3 L * ? *)", /L or W/, /28/],
  ["cron(0 3 15W * ? *)", /L or W/, /day/],
  ["cron(0 3 ? * 6L *)", /L or #/, /day of week alone/],
  ["cron(0 3 ? * L *)", /L or #/, /day of week alone/],
  ["cron(0 3 ? * MON#2 *)", /L or #/, /day of week alone/],
  ["cron(0 3 * * ? 2030)", /a year/, /\* as the year/],
  ["rate(7 minutes)", /7 minutes/, /rate\(6 minutes\)/],
  ["rate(90 minutes)", /90 minutes/, /rate\(60 minutes\)/],
  ["rate(5 hours)", /5 hours/, /rate\(4 hours\)/],
  ["rate(36 hours)", /36 hours/, /rate\(24 hours\)/],
  ["rate(2 days)", /2 days/, /rate\(7 days\)/],
];

describe("a schedule of EventBridge as Kubernetes writes it", () => {
  for (const [given, cron] of translated) {
    it(`${given} is ${cron}`, () => {
      expect(eventBridgeFault(given)).to.equal(undefined);
      expect(kubernetesSchedule(given)).to.deep.equal({ cron });
      expect(kubernetesCronFault(cron)).to.equal(undefined);
    });
  }
  for (const [given, fault, remedy] of untranslatable) {
    it(`${given} is refused, not rounded, and the remedy is a schedule that works`, () => {
      expect(eventBridgeFault(given)).to.equal(undefined);
      const refused = kubernetesSchedule(given);
      if (!("fault" in refused)) throw new Error(`${given} became ${refused.cron}`);
      expect(refused.fault).to.match(fault);
      expect(refused.remedy).to.match(remedy);
      for (const [better] of refused.remedy.matchAll(/(cron|rate)\([^)]*\)/g)) {
        expect(eventBridgeFault(better), better).to.equal(undefined);
        expect(kubernetesSchedule(better), better).to.have.property("cron");
      }
    });
  }
});
