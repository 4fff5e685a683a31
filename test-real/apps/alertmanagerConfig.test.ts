import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { type AlertRouting, alertmanagerConfig, defaultOwner } from "../../components/apps/monitoring/alertmanager";
import { runCommand } from "../../simulator/goBuild";
import { installedAmtool } from "../../test/support/amtool";
import { skip } from "../../test/support/skip";

const topicArn = "arn:aws:sns:eu-west-1:000000000000:made-up";
const targets: AlertRouting["targets"] = {
  platform: { kind: "sns", topicArn },
  fraud: { kind: "slack", channel: "#fraud-alerts" },
  churn: { kind: "webhook" },
  switch: { kind: "webhook" },
};
const whole: AlertRouting = {
  targets,
  defaultOwner: "platform",
  watchdogOwner: "switch",
  grafanaUrl: "https://grafana.ml.example.com",
};

type Receiver = Record<string, Record<string, unknown>[]>;

describe("the configuration of Alertmanager", () => {
  const receivers = (routing: AlertRouting) =>
    Object.fromEntries(alertmanagerConfig(routing).receivers.map(({ name, ...rest }) => [name, rest as Receiver]));

  it("has a receiver for each owner, of the kind that was asked for, and one that tells nobody", () => {
    const made = receivers(whole);
    expect(Object.keys(made)).to.deep.equal(["nobody.", "platform", "fraud", "churn", "switch"]);
    expect(made["nobody."]).to.deep.equal({});
    expect(made.platform!.sns_configs![0]).to.deep.include({
      topic_arn: topicArn,
      sigv4: { region: "eu-west-1" },
      send_resolved: true,
    });
    expect(made.fraud!.slack_configs![0]).to.deep.include({
      channel: "#fraud-alerts",
      api_url_file: "/etc/alertmanager/secrets/alert-receivers/fraud",
      title_link: "https://grafana.ml.example.com/alerting/groups",
      send_resolved: true,
    });
    expect(made.churn).to.deep.equal({
      webhook_configs: [{ send_resolved: true, url_file: "/etc/alertmanager/secrets/alert-receivers/churn" }],
    });
  });

  it("labels what belongs to nobody with whom it goes to", () => {
    expect(defaultOwner(whole)).to.equal("platform");
    expect(defaultOwner({ targets })).to.equal("platform");
    expect(
      defaultOwner({ targets: { switch: targets.switch, churn: targets.churn }, watchdogOwner: "switch" }),
    ).to.equal("churn");
    expect(defaultOwner({ targets: {} })).to.equal("platform");
  });

  it("signs for the region of the topic, not of the stack", () => {
    const made = receivers({ targets: { a: { kind: "sns", topicArn: topicArn.replace("eu-west-1", "us-east-2") } } });
    expect(made.a!.sns_configs![0]).to.deep.include({ sigv4: { region: "us-east-2" } });
  });

  it("points to Grafana only where people can reach it", () => {
    expect(JSON.stringify(alertmanagerConfig({ targets }))).not.to.match(/https?:\/\//);
  });

  it("refuses an owner without a target", () => {
    expect(() => alertmanagerConfig({ targets, defaultOwner: "nemo" }))
      .to.throw('"nemo"')
      .with.property("message")
      .that.contains("platform, fraud, churn, switch");
    expect(() => alertmanagerConfig({ targets: {}, watchdogOwner: "nemo" })).to.throw("only known of: nobody");
  });
});

describe("inhibition", () => {
  const matches = (matchers: string[], labels: Record<string, string>) =>
    matchers.every((matcher) => {
      const [, label, operator, value] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(matcher)!;
      const given = labels[label!] ?? "";
      const fits = operator!.includes("~") ? new RegExp(`^(?:${value})$`).test(given) : given === value;
      return operator!.startsWith("!") ? !fits : fits;
    });
  /** As Alertmanager decides, but for alerts that are on both sides of a rule. */
  const silences = (source: Record<string, string>, target: Record<string, string>) =>
    alertmanagerConfig(whole).inhibit_rules.some(
      ({
        source_matchers,
        target_matchers,
        equal = [],
      }: {
        source_matchers: string[];
        target_matchers: string[];
        equal?: string[];
      }) =>
        matches(source_matchers, source) &&
        matches(target_matchers, target) &&
        equal.every((label) => (source[label] ?? "") === (target[label] ?? "")),
    );
  const critical = { severity: "critical" };
  const warning = { severity: "warning" };
  const down = { alertname: "ModelDown", model: "churn", ...critical };
  const node = { alertname: "NodeDown", node: "a", tool: "platform", ...critical };
  const churn = { namespace: "models", deployment: "churn" };
  const waits = { alertname: "ModelWaiting", severity: "info", model: "churn", ...churn };
  const one: [string, Record<string, string>, Record<string, string>, boolean][] = [
    ["a model's errors while it is down", down, { alertname: "ModelErrorRateHigh", model: "churn", ...critical }, true],
    ["a model's latency while it is down", down, { alertname: "ModelLatencyHigh", model: "churn", ...critical }, true],
    ["another model's errors", down, { alertname: "ModelErrorRateHigh", model: "renewal", ...critical }, false],
    [
      "a model's drift while it is down: that has another cause",
      down,
      { alertname: "ModelDrift", model: "churn" },
      false,
    ],
    ["pods that are not ready while a node is down", node, { alertname: "KubePodNotReady", ...warning }, true],
    ["a crash loop while a node is down", node, { alertname: "KubePodCrashLooping", ...warning }, false],
    ["that the same node is not ready", node, { alertname: "KubeNodeNotReady", node: "a", ...warning }, true],
    ["that another node is not ready", node, { alertname: "KubeNodeNotReady", node: "b", ...warning }, false],
    [
      "other troubles of the platform at large",
      node,
      { alertname: "GpuNodeIdle", tool: "platform", ...warning },
      false,
    ],
    [
      "the slow burn while the fast one is told",
      { alertname: "ModelErrorRateHigh", model: "churn", owner: "a", ...critical },
      { alertname: "ModelErrorRateHigh", model: "churn", owner: "a", ...warning },
      true,
    ],
    [
      "the slow burn of the owner's other model",
      { alertname: "ModelErrorRateHigh", model: "churn", owner: "a", ...critical },
      { alertname: "ModelErrorRateHigh", model: "renewal", owner: "a", ...warning },
      false,
    ],
    ...["KubeDeploymentReplicasMismatch", "KubeDeploymentRolloutStuck"].flatMap((alertname): typeof one => [
      [`${alertname} of a model that waits for its first version`, waits, { alertname, ...churn, ...warning }, true],
      [
        `${alertname} of another Deployment meanwhile`,
        waits,
        { alertname, ...churn, deployment: "renewal", ...warning },
        false,
      ],
      [
        `${alertname} of a namesake elsewhere`,
        waits,
        { alertname, ...churn, namespace: "elsewhere", ...warning },
        false,
      ],
    ]),
    [
      "a crash loop of a model that waits",
      waits,
      { alertname: "KubePodCrashLooping", namespace: "models", ...warning },
      false,
    ],
    [
      "that releases stand still while MLflow is down",
      { alertname: "MlflowDown", tool: "mlflow", ...critical },
      { alertname: "ReleaseControllerDown", tool: "releases", ...critical },
      true,
    ],
  ];
  for (const [what, source, target, silent] of one) {
    it(`${silent ? "holds back" : "does not hold back"} ${what}`, () => {
      expect(silences(source, target)).to.equal(silent);
    });
  }
});

describe("Alertmanager itself", () => {
  let amtool: string;
  let directory: string;

  before(async function () {
    const found = await installedAmtool();
    if (found === undefined) {
      return skip(
        this,
        "no amtool 0.26 or newer; install Alertmanager, or Go, with which the test run builds it from tools/alertmanager",
      );
    }
    amtool = found;
    directory = mkdtempSync(join(tmpdir(), "alertmanager-"));
  });
  after(() => directory && rmSync(directory, { recursive: true }));

  const file = (routing: AlertRouting): string => {
    const path = join(directory, "alertmanager.yaml");
    writeFileSync(path, stringify(alertmanagerConfig(routing), { lineWidth: 0 }));
    return path;
  };

  const only = (owner: string): AlertRouting => ({ targets: { [owner]: targets[owner]! } });
  const configurations: Record<string, AlertRouting> = {
    "one of each kind": whole,
    "an SNS topic alone": only("platform"),
    "a Slack channel alone": only("fraud"),
    "a webhook alone": only("churn"),
    "nobody to tell": { targets: {} },
    "nobody but a dead-man's switch": { ...only("switch"), watchdogOwner: "switch" },
  };
  for (const [what, routing] of Object.entries(configurations)) {
    it(`accepts a configuration with ${what}`, async () => {
      const { code, stdout, stderr } = await runCommand(amtool, ["check-config", file(routing)]);
      expect(code, stdout + stderr).to.equal(0);
      expect(stdout).to.contain("SUCCESS");
    });
  }

  it("would refuse what is none", async () => {
    const path = join(directory, "wrong.yaml");
    writeFileSync(path, stringify({ ...alertmanagerConfig(whole), rout: {} }));
    expect((await runCommand(amtool, ["check-config", path])).code).not.to.equal(0);
  });

  it("writes what a person needs to know, with and without all of it", async () => {
    const alert = (labels: object, annotations: object) => ({
      status: "firing",
      labels,
      annotations,
      startsAt: "2026-01-02T03:04:05Z",
      endsAt: "0001-01-01T00:00:00Z",
    });
    const data = join(directory, "data.json");
    const rendered = async (which: "subject" | "message", more: object) => {
      writeFileSync(data, JSON.stringify({ receiver: "platform", status: "firing", ...more }));
      const sns = (alertmanagerConfig(whole).receivers[1] as unknown as { sns_configs: Record<string, string>[] })
        .sns_configs[0]!;
      const args = [`--template.glob=${data}.none`, `--template.data=${data}`, `--template.text=${sns[which]}`];
      const { stdout, stderr } = await runCommand(amtool, ["template", "render", ...args]);
      expect(stderr).to.equal("");
      return stdout;
    };
    const labels = { alertname: "MlflowErrors", severity: "warning", tool: "mlflow" };
    const annotations = {
      summary: "MLflow fails",
      description: "7% of the requests",
      runbook_url: "https://x.example/y",
    };
    expect(await rendered("subject", { commonLabels: labels })).to.equal("[WARNING] MlflowErrors");
    expect(await rendered("subject", { commonLabels: { alertname: "A" } })).to.equal("[FIRING] A");
    expect(await rendered("subject", { commonLabels: labels, status: "resolved" })).to.equal("[RESOLVED] MlflowErrors");
    expect(await rendered("message", { alerts: [alert(labels, annotations), alert({ alertname: "A" }, {})] })).to.equal(
      [
        "MlflowErrors, since 2026-01-02 03:04 UTC",
        "MLflow fails",
        "7% of the requests",
        "What to do: https://x.example/y",
        "  severity: warning",
        "  tool: mlflow",
        "",
        "A, since 2026-01-02 03:04 UTC",
        "",
        "All alerts: https://grafana.ml.example.com/alerting/groups",
      ].join("\n"),
    );
  });

  const told: [string, AlertRouting, Record<string, string>, string][] = [
    ["its owner", whole, { alertname: "HighLatency", severity: "critical", owner: "fraud" }, "fraud"],
    ["its owner, warnings too", whole, { alertname: "Drift", severity: "warning", owner: "churn" }, "churn"],
    [
      "the default, when nobody owns it",
      whole,
      { alertname: "AirflowSchedulerDown", severity: "critical" },
      "platform",
    ],
    [
      "the default, when its owner is unknown",
      whole,
      { alertname: "X", severity: "critical", owner: "gone" },
      "platform",
    ],
    ["the first receiver, when none is the default", { targets }, { alertname: "X", severity: "warning" }, "platform"],
    [
      "the owner of a model, whatever the model",
      whole,
      { alertname: "ModelDown", severity: "critical", owner: "churn", model: "renewal" },
      "churn",
    ],
    [
      "the default, for a model that names no owner",
      { targets },
      { alertname: "ModelDown", severity: "critical", owner: "platform", model: "renewal" },
      "platform",
    ],
    ["nobody, when it is only for looking at", whole, { alertname: "X", severity: "info", owner: "fraud" }, "nobody."],
    ["nobody, when it only silences others", whole, { alertname: "InfoInhibitor", severity: "none" }, "nobody."],
    ["the switch, when it is the sign of life", whole, { alertname: "Watchdog", severity: "none" }, "switch"],
    ["nobody, when there is no switch", { targets }, { alertname: "Watchdog", severity: "none" }, "nobody."],
    ["nobody, when there are no receivers", { targets: {} }, { alertname: "X", severity: "critical" }, "nobody."],
    [
      "nobody, rather than a switch that wants nothing but signs of life",
      { ...only("switch"), watchdogOwner: "switch" },
      { alertname: "X", severity: "critical", owner: "switch" },
      "nobody.",
    ],
  ];
  for (const [whom, routing, labels, receiver] of told) {
    it(`sends an alert to ${whom}`, async () => {
      const { stdout, stderr } = await runCommand(amtool, [
        ...["config", "routes", "test", `--config.file=${file(routing)}`],
        ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
      ]);
      expect(stdout.trim(), stderr).to.equal(receiver);
    });
  }
});
