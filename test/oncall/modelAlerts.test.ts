import { expect } from "chai";
import { modelRules } from "../../components/observability/alerts/model";
import { modelRates } from "../../components/observability/alerts/modelRates";
import { isAlert } from "../../components/observability/alerts/rule";
import type { WatchedModel } from "../../components/observability/watchedModel";
import { readExpression } from "../support/promql";
import { Promtool, type RuleCase } from "../support/promtool";
import { watchedModel } from "../support/watchedModel";

const context = { owner: "platform", runbooks: "docs/runbooks" };
const churn = watchedModel("churn", { everyHours: 1 });
const { takenFrom: _from, kubernetes: _pods, drift: _drift, quality: _quality, ...endpoint } = churn;
const attrition: WatchedModel = { ...endpoint, name: "attrition", offeredTo: ["prod"] };
const groups = [
  ...modelRates([churn.objectives.p99Millis]),
  ...modelRules(churn, context),
  ...modelRules(attrition, context),
];
const all = groups.flatMap(({ rules }) => rules).filter(isAlert);

const long = 1000;
const answers = (status: number, route = "/invocations", track = "stable") =>
  `model_server_requests_total{model="churn",route="${route}",method="POST",status="${status}",track="${track}",pod="churn-0"}`;
const bucket = (le: string) =>
  `model_server_request_duration_seconds_bucket{model="churn",route="/invocations",track="stable",le="${le}"}`;
const count = 'model_server_request_duration_seconds_count{model="churn",route="/invocations",track="stable"}';
const available = 'kube_deployment_status_replicas_available{namespace="models",deployment="churn"}';
const releases = (outcome: string) => `model_releases_total{model="churn",target="kubernetes",outcome="${outcome}"}`;
const state = (version: string, value: string) =>
  `model_release_state{model="churn",target="kubernetes",version="${version}",state="${value}"}`;
const missing = 'model_release_alias_missing{model="churn"}';
const psi = (feature: string) => `model_drift_psi{model="churn",feature="${feature}"}`;
const checked = 'model_drift_last_check_timestamp_seconds{model="churn"}';
const answered = 'model_prediction_drift_psi{model="churn",version="3"}';
const detected = 'model_drift_detected{model="churn",version="3"}';
const baselineMissing = 'model_drift_baseline_missing{model="churn",version="3"}';
const ends = (reason: string) => `model_server_worker_ends_total{model="churn",reason="${reason}"}`;
const live = 'model="churn",version="3"';
const reached = (metric: string) => `model_quality{${live},metric="${metric}"}`;
const limit = `model_quality_limit{${live},metric="roc_auc"}`;
const beyond = `model_quality_beyond_bound{${live}}`;
const badWindows = `model_quality_bad_windows{${live}}`;
const labelled = `model_quality_labelled_rows{${live}}`;
const judgedRows = `model_quality_rows{${live}}`;
const violations = (kind: string) => `model_look_violations{${live},kind="${kind}"}`;
const looked = 'model_quality_last_look_timestamp_seconds{model="churn"}';
const promoted = (model: string, direction: string) =>
  `model_promotion_last_look_timestamp_seconds{model="${model}",direction="${direction}"}`;
const sampled = 'model_server_samples_total{model="churn"}';

/** Ten requests a second; one in two thousand fails, one in five hundred takes longer than its objective of 200 ms. */
const healthy: Record<string, string> = {
  [answers(200)]: `0+600x${long}`,
  [answers(500)]: `0+0.3x${long}`,
  [answers(503, "/health/ready")]: `0+60x${long}`,
  [bucket("0.1")]: `0+598.8x${long}`,
  [bucket("0.2")]: `0+599.4x${long}`,
  [bucket("+Inf")]: `0+600.3x${long}`,
  [count]: `0+600.3x${long}`,
  [available]: `2x${long}`,
  'kube_deployment_status_replicas_available{namespace="models",deployment="other"}': `1x${long}`,
  [releases("promoted")]: `3x${long}`,
  [releases("rolled_back")]: `1x${long}`,
  [state("3", "live")]: `1x${long}`,
  [missing]: `0x${long}`,
  'model_release_rejected_stays{model="churn"}': `0x${long}`,
  'model_promotion_refused{model="churn"}': `0x${long}`,
  'model_promotion_revoked{model="churn"}': `0x${long}`,
  'model_promotion_rejected{model="churn"}': `0x${long}`,
  'model_promotion_refused{model="attrition"}': `0x${long}`,
  [promoted("churn", "taken")]: `0+60x${long}`,
  [promoted("attrition", "offered")]: `0+60x${long}`,
  'model_server_model_load_failures_total{model="churn",version="3"}': `0x${long}`,
  [ends("hung")]: `1x${long}`,
  [psi("tenure")]: `0.05x${long}`,
  [answered]: `0.05x${long}`,
  [detected]: `0x${long}`,
  [baselineMissing]: `0x${long}`,
  [psi("plan")]: `0.1x${long}`,
  [checked]: `0+60x${long}`,
  [sampled]: `0+60x${long}`,
  [reached("roc_auc")]: `0.9x${long}`,
  [reached("accuracy")]: `0.7x${long}`,
  [limit]: `0.8x${long}`,
  [beyond]: `0x${long}`,
  [badWindows]: `2x${long}`,
  [labelled]: `150x${long}`,
  [judgedRows]: `300x${long}`,
  [looked]: `0+60x${long}`,
  [violations("quality")]: `0x${long}`,
  [violations("labels")]: `0x${long}`,
  [violations("other")]: `0x${long}`,
};

/** Steady until a minute, then at another rate. */
const then = (rate: number, minute: number, later: number) =>
  `0+${rate}x${minute} ${rate * minute + later}+${later}x${long - minute}`;

/** Where history is short, what burns fast burns slowly as well; Alertmanager tells only the first. */
const errorsFast = ["ModelErrorRateHigh critical", "ModelErrorRateHigh warning"];

const cases: RuleCase[] = [
  { what: "nothing while it keeps its objectives, for hours", series: {}, minute: 300, fires: [] },
  {
    what: "ModelErrorRateHigh within the hour when a fifth of the requests fails",
    series: { [answers(500)]: then(0.3, 200, 150) },
    minute: 260,
    fires: errorsFast,
  },
  {
    what: "nothing when a fifth failed for three minutes",
    series: { [answers(500)]: "0+0.3x200 210+150x2 510+0.3x800" },
    minute: 240,
    fires: [],
  },
  {
    what: "nothing that wakes anybody any more, ten minutes after it was mended",
    series: { [answers(500)]: "0+0.3x200 210+150x60 9210+0.3x800" },
    minute: 275,
    fires: ["ModelErrorRateHigh warning"],
  },
  {
    what: "ModelErrorRateHigh within six hours when eight in a hundred fail",
    series: { [answers(500)]: then(0.3, 200, 52) },
    minute: 570,
    fires: errorsFast,
  },
  {
    what: "ModelErrorRateHigh as a warning when four in a hundred fail for a day",
    series: { [answers(500)]: then(0.3, 200, 25) },
    minute: 900,
    fires: ["ModelErrorRateHigh warning"],
  },
  {
    what: "ModelErrorRateHigh as a warning when it fails a little too often for three days",
    series: { [answers(500)]: `0+9x${long}` },
    minute: 400,
    fires: ["ModelErrorRateHigh warning"],
  },
  {
    what: "nothing when three of four requests of a quiet night fail: that is chance",
    series: {
      [answers(200)]: `0x200 1x${long}`,
      [answers(500)]: `0x200 3x${long}`,
      [count]: `0x${long}`,
      [bucket("0.1")]: `0x${long}`,
      [bucket("0.2")]: `0x${long}`,
      [sampled]: `0x200 4x${long}`,
    },
    minute: 205,
    fires: [],
  },
  {
    what: "nothing when the canary fails: callers get the stable version's answer",
    series: { [answers(500, "/invocations", "canary")]: `0+300x${long}` },
    minute: 300,
    fires: [],
  },
  {
    what: "ModelLatencyHigh within the hour when a third takes too long",
    series: { [bucket("0.1")]: then(598.8, 200, 390), [bucket("0.2")]: then(599.4, 200, 400) },
    minute: 260,
    fires: ["ModelLatencyHigh critical", "ModelLatencyHigh warning"],
  },
  {
    what: "ModelLatencyHigh as a warning when four in a hundred take too long for a day",
    series: { [bucket("0.1")]: then(598.8, 200, 570), [bucket("0.2")]: then(599.4, 200, 577) },
    minute: 900,
    fires: ["ModelLatencyHigh warning"],
  },
  {
    what: "nothing when answers take as long as the objective allows",
    series: { [bucket("0.1")]: `0x${long}`, [bucket("0.2")]: `0+900x${long}` },
    minute: 300,
    fires: [],
  },
  {
    what: "ModelDown when no pod is ready",
    series: { [available]: `2x200 0x${long}` },
    minute: 210,
    fires: ["ModelDown critical"],
  },
  {
    what: "ModelDown when its Deployment is gone",
    series: { [available]: `2x200 _x${long}` },
    minute: 215,
    fires: ["ModelDown critical"],
  },
  {
    what: "nothing when no Deployment at all is seen: then nobody looks, and that is another alert",
    series: {
      [available]: `_x${long}`,
      'kube_deployment_status_replicas_available{namespace="models",deployment="other"}': `_x${long}`,
    },
    minute: 200,
    fires: [],
  },
  { what: "nothing while pods start", series: { [available]: `2x200 0x3 2x${long}` }, minute: 204, fires: [] },
  {
    what: "ModelNoVersion, and nothing that wakes anybody, while nothing is trained yet",
    series: { [available]: `0x${long}`, [missing]: `1x${long}`, [state("3", "live")]: `_x${long}` },
    minute: 200,
    fires: ["ModelNoVersion warning", "ModelWaiting info"],
  },
  {
    what: "ModelWaiting from the first minutes on, long before the cluster's own rules say that pods are not ready",
    series: { [available]: `2x200 0x${long}`, [missing]: `_x200 1x${long}`, [state("3", "live")]: `_x${long}` },
    minute: 203,
    fires: ["ModelWaiting info"],
  },
  {
    what: "ModelWaiting while the pods load the first version",
    series: {
      [available]: `0x200 0x3 2x${long}`,
      [missing]: `1x200 0x${long}`,
      [state("3", "live")]: `_x201 1x${long}`,
    },
    minute: 203,
    fires: ["ModelWaiting info"],
  },
  {
    what: "no ModelWaiting, but ModelDown, when they do not come up with it",
    series: { [available]: `0x${long}`, [missing]: `1x200 0x${long}`, [state("3", "live")]: `_x201 1x${long}` },
    minute: 220,
    fires: ["ModelDown critical"],
  },
  {
    what: "ModelDown too when the alias went and a version had been live",
    series: { [available]: `0x${long}`, [missing]: `1x${long}` },
    minute: 200,
    fires: ["ModelDown critical", "ModelNoVersion warning"],
  },
  {
    what: "ModelCanaryRolledBack when a version is rolled back",
    series: { [releases("rolled_back")]: `1x200 2x${long}` },
    minute: 205,
    fires: ["ModelCanaryRolledBack warning"],
  },
  {
    what: "ModelCanaryRolledBack at the first one, of which no count was there before",
    series: { [releases("rolled_back")]: `_x200 1x${long}` },
    minute: 205,
    fires: ["ModelCanaryRolledBack warning"],
  },
  {
    what: "nothing an hour after a version was rolled back",
    series: { [releases("rolled_back")]: `1x200 2x${long}` },
    minute: 260,
    fires: [],
  },
  {
    what: "ModelReleaseFailed when a version cannot be tried",
    series: { [releases("failed")]: `_x200 1x${long}` },
    minute: 205,
    fires: ["ModelReleaseFailed warning"],
  },
  {
    what: "ModelFilesChanged as soon as a version's files are not those that were recorded",
    series: { 'model_files_changed{model="churn",version="4"}': `0x200 1x${long}` },
    minute: 210,
    fires: ["ModelFilesChanged critical"],
  },
  {
    what: "ModelRejectedStays as soon as a version that was rejected has none to go back to",
    series: { 'model_release_rejected_stays{model="churn"}': `0x200 1x${long}` },
    minute: 210,
    fires: ["ModelRejectedStays critical"],
  },
  {
    what: "ModelPromotionRefused as soon as another stack's offer is refused",
    series: { 'model_promotion_refused{model="churn"}': `0x200 1x${long}` },
    minute: 210,
    fires: ["ModelPromotionRefused critical"],
  },
  {
    what: "ModelApprovalRevoked as soon as what is live is approved no more",
    series: { 'model_promotion_revoked{model="churn"}': `0x200 1x${long}` },
    minute: 210,
    fires: ["ModelApprovalRevoked critical"],
  },
  {
    what: "ModelPromotionRejected as soon as all that another stack approves was rejected here",
    series: { 'model_promotion_rejected{model="churn"}': `0x200 1x${long}` },
    minute: 210,
    fires: ["ModelPromotionRejected warning"],
  },
  {
    what: "ModelPromotionRefused as soon as a model is not offered, since its files have changed",
    series: { 'model_promotion_refused{model="attrition"}': `0x200 1x${long}` },
    minute: 210,
    fires: ["ModelPromotionRefused critical"],
  },
  {
    what: "ModelPromotionStale when no look at another stack has come to its end for a quarter of an hour",
    series: { [promoted("churn", "taken")]: `0+60x200 12000x${long}` },
    minute: 221,
    fires: ["ModelPromotionStale warning"],
  },
  {
    what: "ModelPromotionStale when nobody has looked since the pod was made anew, at what is offered",
    series: { [promoted("attrition", "offered")]: `0+60x200 _x${long}` },
    minute: 221,
    fires: ["ModelPromotionStale warning"],
  },
  {
    what: "nothing when no look at another stack came to its end for ten minutes",
    series: { [promoted("churn", "taken")]: `0+60x200 12000x10 12660+60x${long}` },
    minute: 214,
    fires: [],
  },
  {
    what: "ModelReleaseStuck when a canary stays",
    series: { [state("4", "baking")]: `_x200 1x${long}` },
    minute: 280,
    fires: ["ModelReleaseStuck warning"],
  },
  {
    what: "nothing while a canary bakes",
    series: { [state("4", "baking")]: `_x200 1x${long}` },
    minute: 240,
    fires: [],
  },
  {
    what: "ModelLoadFailing when a version cannot be loaded",
    series: { 'model_server_model_load_failures_total{model="churn",version="4"}': `_x200 1x${long}` },
    minute: 205,
    fires: ["ModelLoadFailing warning"],
  },
  {
    what: "ModelWorkersEnding when workers hang again and again",
    series: { [ends("hung")]: `0x200 0+1x${long}` },
    minute: 210,
    fires: ["ModelWorkersEnding warning"],
  },
  {
    what: "nothing when a few workers end now and then",
    series: { [ends("ended")]: `0x200 3x${long}` },
    minute: 210,
    fires: [],
  },
  {
    what: "ModelDrift when a feature is spread otherwise",
    series: { [psi("plan")]: `0.1x200 0.31x${long}`, [detected]: `0x200 1x${long}` },
    minute: 220,
    fires: ["ModelDrift warning"],
  },
  {
    what: "ModelDrift when only what it answers is spread otherwise",
    series: { [answered]: `0.1x200 0.31x${long}`, [detected]: `0x200 1x${long}` },
    minute: 220,
    fires: ["ModelDrift warning"],
  },
  {
    what: "nothing when an index is high and the check knows that chance alone explains it",
    series: { [psi("plan")]: `0.1x200 0.31x${long}` },
    minute: 220,
    fires: [],
  },
  {
    what: "ModelDriftBaselineMissing when the live version has nothing to be compared with",
    series: { [baselineMissing]: `0x200 1x${long}` },
    minute: 220,
    fires: ["ModelDriftBaselineMissing warning"],
  },
  {
    what: "ModelDriftCheckStale when the check stops",
    series: { [checked]: `0+60x200 12000x${long}` },
    minute: 200 + 3 * 60 + 10,
    fires: ["ModelDriftCheckStale warning"],
  },
  {
    what: "nothing when a check is missed once",
    series: { [checked]: `0+60x200 12000x${long}` },
    minute: 200 + 2 * 60,
    fires: [],
  },
  {
    what: "ModelSamplingStale when requests come and none is kept",
    series: { [sampled]: `0+60x200 12000x${long}` },
    minute: 300,
    fires: ["ModelSamplingStale warning"],
  },
  {
    what: "nothing when nothing is kept because nobody asks",
    series: {
      [answers(200)]: `0+600x200 120000x${long}`,
      [answers(500)]: `0+0.3x200 60x${long}`,
      [bucket("0.1")]: `0+598.8x200 119761x${long}`,
      [bucket("0.2")]: `0+599.4x200 119881x${long}`,
      [count]: `0+600.3x200 120061x${long}`,
      [sampled]: `0+60x200 12000x${long}`,
    },
    minute: 300,
    fires: [],
  },
  {
    what: "ModelQualityLow about the metric that counts, and no other",
    series: { [reached("roc_auc")]: `0.75x${long}`, [beyond]: `1x${long}`, [violations("quality")]: `1x${long}` },
    minute: 300,
    fires: ["ModelQualityLow warning"],
  },
  {
    what: "ModelLookFailed about what has no alert of its own",
    series: { [violations("other")]: `1x${long}` },
    minute: 300,
    fires: ["ModelLookFailed warning"],
  },
  {
    what: "ModelLookFailed beside ModelLabelsMissing when a column is gone too",
    series: { [labelled]: `20x${long}`, [violations("labels")]: `1x${long}`, [violations("other")]: `1x${long}` },
    minute: 300,
    fires: ["ModelLabelsMissing warning", "ModelLookFailed warning"],
  },
  {
    what: "ModelLookFailed beside ModelQualityLow when groups lie further apart too",
    series: {
      [reached("roc_auc")]: `0.75x${long}`,
      [beyond]: `1x${long}`,
      [violations("quality")]: `1x${long}`,
      [violations("other")]: `1x${long}`,
    },
    minute: 300,
    fires: ["ModelLookFailed warning", "ModelQualityLow warning"],
  },
  {
    what: "ModelDecayed at the last of the windows that training waits for",
    series: { [badWindows]: `2x200 3x${long}` },
    minute: 300,
    fires: ["ModelDecayed warning"],
  },
  {
    what: "ModelLabelsMissing when answers come and labels do not",
    series: { [labelled]: `99x${long}`, [violations("labels")]: `1x${long}` },
    minute: 300,
    fires: ["ModelLabelsMissing warning"],
  },
  {
    what: "no ModelLabelsMissing where few answers were given",
    series: { [labelled]: `40x${long}`, [judgedRows]: `40x${long}` },
    minute: 300,
    fires: [],
  },
  {
    what: "ModelQualityStale when no look has ended for three hours where one is due each",
    series: { [looked]: `0+60x200 12000x${long}` },
    minute: 390,
    fires: ["ModelQualityStale warning"],
  },
  {
    what: "ModelQualityStale when nobody says anything of it",
    series: { [looked]: `0+60x100 _x${long}` },
    minute: 390,
    fires: ["ModelQualityStale warning"],
  },
];

describe("alert rules of a model", () => {
  const names = (model: WatchedModel) => [
    ...new Set(modelRules(model, context).flatMap(({ rules }) => rules.filter(isAlert).map(({ alert }) => alert))),
  ];

  it("each have a severity, its owner, its name, words and a runbook", () => {
    for (const { alert, labels, annotations } of all) {
      expect(labels.owner, alert).to.equal("retention");
      expect(labels.model, alert).to.be.oneOf(["churn", "attrition"]);
      expect(labels.severity, alert).to.be.oneOf(alert === "ModelWaiting" ? ["info"] : ["critical", "warning"]);
      expect(annotations.summary.length, alert).to.be.within(5, 80);
      expect(annotations.description, alert).to.match(/\.$/);
      expect(annotations.runbook_url, alert).to.equal(`docs/runbooks/${alert}.md`);
    }
  });

  it("belong to whoever owns what nobody owns, where it names no owner", () => {
    const { owner: _, ...ownerless } = churn;
    const rules = modelRules(ownerless, context).flatMap((group) => group.rules.filter(isAlert));
    expect(new Set(rules.map(({ labels }) => labels.owner))).to.deep.equal(new Set(["platform"]));
  });

  it("are about drift only where drift is looked for", () => {
    const { drift: _, ...still } = churn;
    expect(names(churn).filter((name) => !names(still).includes(name))).to.deep.equal([
      "ModelSamplingStale",
      "ModelDrift",
      "ModelDriftBaselineMissing",
      "ModelDriftCheckStale",
    ]);
  });

  it("are about labelled answers only where looks judge them, and no alarm of CloudWatch tells the owner", () => {
    const { quality, ...still } = churn;
    const alerts = ["ModelQualityLow", "ModelDecayed", "ModelLabelsMissing", "ModelLookFailed", "ModelQualityStale"];
    expect(names(churn).filter((name) => !names(still).includes(name))).to.deep.equal(alerts);
    expect(names({ ...still, quality: { ...quality, alarmed: true } })).to.deep.equal(names(still));
    const { windows: _, ...watched } = quality;
    expect(names({ ...still, quality: watched })).to.not.include("ModelDecayed");
    const unlabelled = names({ ...still, quality: { ...watched, labelled: false } });
    expect(unlabelled.slice(names(still).length)).to.deep.equal(["ModelLookFailed", "ModelQualityStale"]);
  });

  it("say the index of drift as a plain number: 0.549, not 548.7m", () => {
    const said = all.find(({ alert }) => alert === "ModelDrift")?.annotations.description;
    expect(said).to.contain('its index is {{ printf "%.3f" $value }},').and.to.not.contain("humanize");
  });

  it("are about its releases alone where it is served on SageMaker alone: CloudWatch watches the rest", () => {
    const { kubernetes: _, drift: __, quality: ___, ...cloud } = churn;
    expect(names(cloud)).to.deep.equal([
      "ModelCanaryRolledBack",
      "ModelReleaseFailed",
      "ModelFilesChanged",
      "ModelRejectedStays",
      "ModelReleaseStuck",
      "ModelNoVersion",
      "ModelPromotionRefused",
      "ModelApprovalRevoked",
      "ModelPromotionRejected",
      "ModelPromotionStale",
    ]);
  });

  it("are about another stack's approvals only where its versions come from one", () => {
    const { takenFrom: _, ...own } = churn;
    expect(names(churn).filter((name) => !names(own).includes(name))).to.deep.equal([
      "ModelPromotionRefused",
      "ModelApprovalRevoked",
      "ModelPromotionRejected",
      "ModelPromotionStale",
    ]);
  });

  it("are about what is offered only where another stack may take it, and in its name", () => {
    const { offeredTo: _, ...own } = attrition;
    const more = names(attrition).slice(names(own).length);
    expect(more).to.deep.equal(["ModelPromotionRefused", "ModelPromotionStale"]);
    const said = all.find(({ alert, labels }) => alert === "ModelPromotionStale" && labels.model === "attrition");
    expect(said?.annotations.summary).to.equal("prod is not told what is approved of attrition");
  });

  it("change with the objectives: a stricter one fires where this one is quiet", () => {
    const strict = modelRules({ ...churn, objectives: { p99Millis: 50, errorRatePercent: 0.01 } }, context);
    const expressions = (of: typeof groups) => JSON.stringify(of.map(({ rules }) => rules.map(({ expr }) => expr)));
    expect(expressions(strict)).to.contain("> 0.00144").and.not.equal(expressions(groups));
    expect(expressions(groups)).to.contain("> 0.144");
  });

  it("can fire at generous objectives too: no threshold is more than all requests", () => {
    const generous = modelRules({ ...churn, objectives: { p99Millis: 200, errorRatePercent: 50 } }, context);
    const thresholds = [...JSON.stringify(generous).matchAll(/model:failures:ratio\w+{[^}]*} > (\d[\d.]*)/g)];
    expect(thresholds.length).to.be.greaterThan(0);
    for (const [, value] of thresholds) expect(Number(value)).to.be.lessThan(1);
  });

  it("read what is recorded, and within a group only what was recorded before", () => {
    const order = groups.flatMap(({ name, rules }) =>
      rules.map((rule, at) => ({
        group: name,
        at,
        ...(isAlert(rule) ? {} : { record: rule.record }),
        expr: rule.expr,
      })),
    );
    const records = new Map(order.flatMap((rule) => (rule.record === undefined ? [] : [[rule.record, rule]])));
    expect(records.size).to.be.greaterThan(20);
    const read = order.flatMap((rule) =>
      readExpression(rule.expr).names.flatMap((name) => (name.includes(":") ? [{ name, rule }] : [])),
    );
    expect([...new Set(read.map(({ name }) => name))]).to.have.members([...records.keys()]);
    for (const { name, rule } of read) {
      const source = records.get(name)!;
      if (source.group === rule.group) expect(source.at, `${rule.expr} reads ${name}`).to.be.lessThan(rule.at);
    }
  });

  it("find the buckets next to their objectives recorded, whatever the objectives", () => {
    const objectives = [0.3, 5, 125, 200, 70_000];
    const bounds = (of: typeof groups) =>
      new Set(
        of.flatMap(({ rules }) =>
          rules.flatMap(({ expr }) => [...expr.matchAll(/le=~"([^"]*)"/g)].flatMap(([, labels]) => labels!.split("|"))),
        ),
      );
    const read = objectives.flatMap((p99Millis) => [
      ...bounds(modelRules({ ...churn, objectives: { p99Millis, errorRatePercent: 1 } }, context)),
    ]);
    expect([...bounds(modelRates(objectives))]).to.have.members([...new Set(read)]);
  });

  it("need nothing recorded where no model answers from the cluster", () => {
    expect(modelRates([])).to.deep.equal([]);
  });

  it("are all put to the test below", () => {
    const fired = new Set(cases.flatMap(({ fires }) => fires));
    const written = all.map(({ alert, labels }) => `${alert} ${labels.severity}`);
    expect(written.filter((each) => !fired.has(each))).to.deep.equal([]);
  });
});

describe("Prometheus itself, given the rules of a model", () => {
  const promtool = new Promtool(groups);
  before(function () {
    promtool.start(this);
  });
  after(() => promtool.stop());

  it("accepts every rule", () => promtool.check());

  for (const each of cases) it(`fires ${each.what}`, () => promtool.test(healthy, each));
});
