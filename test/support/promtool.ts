import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import type { RuleGroup } from "../../components/observability/alerts/rule";
import { onPath } from "../../simulator/engine";
import { runCommand } from "../../simulator/goBuild";
import { skip } from "./skip";

/** Series as promtool writes them, one value a minute, and what fires at a minute. */
export interface RuleCase {
  what: string;
  series: Record<string, string>;
  minute: number;
  /** Alerts with their severity, such as `ModelDown critical`; no others fire. */
  fires: string[];
}

/** Prometheus' own command over some rules: whether it accepts them, and which fire over made-up series. */
export class Promtool {
  private directory: string | undefined;

  constructor(private readonly groups: RuleGroup[]) {}

  /** For `before`: skips the suite where there is no promtool. */
  start(test: Mocha.Context): void {
    if (onPath("promtool").length === 0) {
      skip(test, "no promtool on PATH; install Prometheus (Debian: apt-get install prometheus)");
      return;
    }
    this.directory = mkdtempSync(join(tmpdir(), "rules-"));
    writeFileSync(this.path("rules.yaml"), stringify({ groups: this.groups }, { lineWidth: 0 }));
  }

  /** For `after`. */
  stop(): void {
    if (this.directory) rmSync(this.directory, { recursive: true });
  }

  /** Fails unless Prometheus accepts every rule. */
  async check(): Promise<void> {
    const { code, stdout, stderr } = await runCommand("promtool", ["check", "rules", this.path("rules.yaml")]);
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout).to.contain(`${this.groups.flatMap(({ rules }) => rules).length} rules found`);
  }

  /** Fails unless exactly these alerts fire. */
  async test(healthy: Record<string, string>, { series, minute, fires }: RuleCase): Promise<void> {
    const input = Object.entries({ ...healthy, ...series }).map(([name, values]) => ({ series: name, values }));
    const firing = {
      expr: 'group by (alertname, severity) (ALERTS{alertstate="firing"})',
      eval_time: `${minute}m`,
      exp_samples: fires.map((each) => {
        const [alertname, severity] = each.split(" ");
        return { labels: `{alertname="${alertname}",severity="${severity}"}`, value: 1 };
      }),
    };
    const tests = [{ interval: "1m", input_series: input, promql_expr_test: [firing] }];
    writeFileSync(
      this.path("case.yaml"),
      stringify(
        {
          rule_files: ["rules.yaml"],
          // Without it any order, another each time.
          group_eval_order: this.groups.map(({ name }) => name),
          evaluation_interval: "1m",
          tests,
        },
        { lineWidth: 0 },
      ),
    );
    const { code, stdout, stderr } = await runCommand("promtool", ["test", "rules", this.path("case.yaml")]);
    expect(code, stdout + stderr).to.equal(0);
  }

  private path(file: string): string {
    if (this.directory === undefined) throw new Error("start() comes first");
    return join(this.directory, file);
  }
}
