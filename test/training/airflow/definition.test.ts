import { expect } from "chai";
import {
  checkBytes,
  comparingBytes,
  dagBytes,
  decayBytes,
  lookBytes,
} from "../../../components/settings/rules/airflowTraining";
import {
  airflowDefinition,
  checkDefinition,
  decayDefinition,
  lookDefinition,
} from "../../../components/training/airflow/definition";
import type { AirflowGround, AirflowLoop } from "../../../components/training/airflow/facts";
import { airflowGround, airflowLoop } from "../../support/airflowLoop";

interface Container {
  name: string;
  image: string;
  args: string[];
  env: { name: string; value: string }[];
  envFrom?: { secretRef?: { name: string } }[];
  resources: { limits: Record<string, string> };
}
interface Step {
  id: string;
  retries: number;
  final?: true;
  timeoutMinutes: number;
  days?: number;
  pod: {
    metadata: { annotations: object };
    spec: {
      initContainers?: Container[];
      containers: Container[];
      nodeSelector: object;
      activeDeadlineSeconds: number;
      serviceAccountName: string;
      automountServiceAccountToken: boolean;
    };
  };
}

const compiled = (loop: Partial<AirflowLoop> = {}, ground: Partial<AirflowGround> = {}) =>
  JSON.parse(airflowDefinition(airflowLoop(loop), airflowGround(ground))) as {
    dag: string;
    schedule: string | null;
    steps: Step[];
  };
const ids = (loop: Partial<AirflowLoop> = {}) => compiled(loop).steps.map(({ id }) => id);
const named = (steps: Step[], id: string) => steps.find((step) => step.id === id)!;
const containers = ({ pod }: Step) => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
const request = ({ args }: Container) => JSON.parse(args[2]!);
const secrets = ({ envFrom }: Container) => (envFrom ?? []).flatMap((each) => each.secretRef?.name ?? []);
const preparing = { with: "container", image: "registry.example.com/prepare:2", cpu: "1", memoryMiB: 512 } as const;

describe("A loop as a DAG of Airflow", () => {
  it("has the steps of the state machine, in its order", () => {
    expect(ids({ approve: "manual", prepare: { ...preparing, timeoutMinutes: 60 } })).to.deep.equal([
      "prepare",
      "validate",
      "check_data",
      "train",
      "champion",
      "evaluate",
      "gate",
      "register",
      "approve",
      "promote",
      "record",
    ]);
  });

  it("asks nobody, judges nothing and prepares nothing where the loop does not say so", () => {
    const { gate: _, ...ungated } = airflowLoop();
    const { steps } = JSON.parse(airflowDefinition(ungated, airflowGround()));
    expect(steps.map(({ id }: Step) => id)).to.deep.equal([
      "validate",
      "check_data",
      "train",
      "register",
      "promote",
      "record",
    ]);
  });

  it("trains what was fetched by the training image's own command, and stores it as SageMaker does", () => {
    const [fetch, train, store] = containers(named(compiled().steps, "train"));
    expect([fetch!.name, train!.name, store!.name]).to.deep.equal(["fetch", "train", "base"]);
    expect(request(fetch!).inputs).to.deep.equal([
      { uri: "s3://data/data/churn/train/", path: "input/data/train" },
      { uri: "s3://data/data/churn/validation/", path: "input/data/validation" },
    ]);
    expect(fetch!.env.find(({ name }) => name === "TRAINING_HYPERPARAMETERS")!.value).to.equal(
      '{"project":"churn","max_iter":"40"}',
    );
    expect([train!.image, train!.args]).to.deep.equal(["registry.example.com/training:1.0.0", ["train"]]);
    expect(request(store!).package).to.deep.equal({
      path: "model",
      uri: "s3://data/models/churn/{{ run_name(dag_run) }}/output/model.tar.gz",
    });
  });

  it("reads what the run has prepared, where it prepares", () => {
    const { steps } = compiled({ prepare: { ...preparing, timeoutMinutes: 60 } });
    const [only, ...more] = containers(named(steps, "prepare"));
    expect(more).to.deep.equal([]);
    const extract = "s3://data/extracts/churn/{{ run_name(dag_run) }}/";
    const asked = ["prepare", "--input", "s3://data/data/churn/", "--output", extract];
    expect(only!.args).to.deep.equal(asked);
    const features = {
      ...{
        does: "publish" as const,
        group: '{"name":"g","columns":{"a":"Integral"}}',
        store: "sagemaker://",
        groupName: "g",
      },
      history: { databaseName: "d", tableName: "t", workgroupName: "w" },
    };
    const publishing = containers(
      named(compiled({ prepare: { ...preparing, timeoutMinutes: 60 }, features }).steps, "prepare"),
    );
    expect(publishing[0]!.env).to.deep.include.members([
      { name: "FEATURES", value: "publish" },
      { name: "FEATURE_GROUP", value: features.group },
      { name: "FEATURE_STORE", value: "sagemaker://" },
    ]);
    const dropping = compiled({ prepare: { ...preparing, timeoutMinutes: 60, drop: ["e-mail", "phone number"] } });
    expect(containers(named(dropping.steps, "prepare"))[0]!.args).to.deep.equal([
      ...asked,
      "--drop=e-mail",
      "--drop=phone number",
    ]);
    expect(request(containers(named(steps, "train"))[0]!).inputs[0].uri).to.equal(`${extract}train/`);
  });

  it("tells the command that measures drift which columns it is to pass over", () => {
    const evaluate = (over: object) => containers(named(compiled(over).steps, "evaluate"))[1]!.args;
    expect(evaluate({})).to.deep.equal(["evaluate"]);
    expect(evaluate({ ignoredColumns: ["customer id", "{{ x }}"] })).to.deep.equal([
      "evaluate",
      "--ignore=customer id",
      '{{ "--ignore={{ x }}" }}',
    ]);
  });

  it("asks for each check of the gate where it is measured, and holds the gate to the same", () => {
    const checks = ["kind=size,maxMiB=500", "kind=fairness,column={{ x }},measure=predicted,maxDifference=0.1"];
    const { steps } = compiled({ checks });
    expect(containers(named(steps, "evaluate"))[1]!.args).to.deep.equal([
      "evaluate",
      "--check=kind=size,maxMiB=500",
      `{{ ${JSON.stringify(`--check=${checks[1]}`)} }}`,
    ]);
    const asked = containers(named(steps, "gate")).at(-1)!.args[2]!;
    expect(asked).to.contain("kind=size,maxMiB=500");
    expect(request(containers(named(compiled().steps, "gate")).at(-1)!)).to.not.have.property("checks");
  });

  it("gives training code neither MLflow's password nor the store's key, and those who prepare only the latter", () => {
    const { steps } = compiled({ prepare: { ...preparing, timeoutMinutes: 60 } }, { storeSecret: "training-store" });
    for (const step of steps.filter(({ pod }) => pod !== undefined)) {
      for (const each of containers(step)) {
        const asked = each.image.includes("/release:") ? ["training-mlflow", "training-store"] : [];
        expect(secrets(each), `${step.id}/${each.name}`).to.deep.equal(
          step.id === "prepare" ? ["training-store"] : asked,
        );
      }
    }
  });

  it("puts training on GPUs where it asks for some, and what checks it elsewhere", () => {
    const { steps } = compiled({ gpus: 2 });
    const train = named(steps, "train");
    expect(train.pod.spec.nodeSelector).to.deep.equal({ "mlplatform/node-group": "gpu" });
    expect(containers(train)[1]!.resources.limits).to.deep.equal({ memory: "4096Mi", "nvidia.com/gpu": "2" });
    expect(named(steps, "evaluate").pod.spec.nodeSelector).to.deep.equal({ "mlplatform/purpose": "training" });
  });

  it("runs every pod as the model's service account, without a token of the cluster, with an end, and moved by nobody who empties nodes", () => {
    for (const { id, pod, timeoutMinutes } of compiled().steps) {
      expect(pod.spec, id).to.deep.include({
        serviceAccountName: "training-churn",
        automountServiceAccountToken: false,
        activeDeadlineSeconds: timeoutMinutes * 60,
      });
      expect(pod.metadata.annotations, id).to.deep.equal({
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "karpenter.sh/do-not-disrupt": "true",
      });
    }
  });

  it("never asks again what was judged, and tries again what may fail by accident", () => {
    const { steps } = compiled({ approve: "manual" });
    expect(Object.fromEntries(steps.map((step) => [step.id, step.retries]))).to.deep.equal({
      validate: 1,
      check_data: 0,
      train: 1,
      champion: 2,
      evaluate: 1,
      gate: 0,
      register: 2,
      approve: 2,
      promote: 2,
      record: 10,
    });
    // An image of somebody's own may end with 1 for anything.
    expect(steps.flatMap(({ id, final }) => (final ? [id] : []))).to.deep.equal([
      "check_data",
      "champion",
      "gate",
      "register",
      "promote",
      "record",
    ]);
  });

  it("lets nothing go live that nobody has approved, where somebody is to", () => {
    const promoting = (over: Partial<AirflowLoop>) => request(containers(named(compiled(over).steps, "promote"))[0]!);
    expect(promoting({ approve: "manual" })).to.have.property("approved", true);
    expect(promoting({})).to.not.have.property("approved");
  });

  it("brings hyperparameters whole, also those that look like Airflow's expressions", () => {
    const { steps } = compiled({ hyperparameters: { template: '{{ "x" }}' } });
    const [fetch] = containers(named(steps, "train"));
    const value = fetch!.env.find(({ name }) => name === "TRAINING_HYPERPARAMETERS")!.value;
    expect(value).to.equal(`{{ ${JSON.stringify(JSON.stringify({ template: '{{ "x" }}' }))} }}`);
  });

  it("needs traffic for drift only where drift is judged", () => {
    const inputs = (gate: AirflowLoop["gate"]) =>
      request(containers(named(compiled(gate ? { gate } : {}).steps, "evaluate"))[0]!).inputs.map(
        ({ path }: { path: string }) => path,
      );
    const paths = ["processing/candidate", "processing/test", "processing/champion"];
    expect(inputs({ metric: "auc", atLeast: 0.8, beatChampion: true })).to.deep.equal(paths);
    expect(inputs({ metric: "auc", atLeast: 0.8, beatChampion: true, maxDriftPsi: 0.2 })).to.deep.equal([
      ...paths,
      "processing/samples",
    ]);
  });

  it("compares new rows with those of the live version before it trains, where that is asked", () => {
    const dataDrift = { maxPsi: 0.2, effect: "warn", minPsi: 0.02 } as const;
    const { steps } = compiled({ dataDrift, ignoredColumns: ["when"] });
    expect(steps.slice(0, 4).map(({ id }) => id)).to.deep.equal(["live", "validate", "check_data", "train"]);
    expect(ids().slice(0, 3)).to.deep.equal(["validate", "check_data", "train"]);
    const reports = "s3://data/outputs/churn/{{ run_name(dag_run) }}/";
    const asked = (id: string) => request(containers(named(steps, id))[0]!);
    expect(asked("live")).to.include({ action: "champion", report: "live.json", reports });
    expect(asked("validate").inputs).to.deep.equal([
      { uri: "s3://data/data/churn/", path: "processing/data" },
      { told: { report: `${reports}live.json`, key: "packageUri" }, path: "processing/champion" },
    ]);
    expect(containers(named(steps, "validate"))[1]!.args).to.deep.equal([
      ...["validate", "--max-drift=0.2", "--drift-effect=warn", "--min-drift=0.02", "--ignore=when"],
    ]);
    expect(asked("check_data")).to.deep.include({ compared: true, putOff: ["schedule", "newData"] });
    const plainly = request(containers(named(compiled().steps, "check_data"))[0]!);
    expect(plainly).to.not.have.any.keys("compared", "putOff");
  });

  it("keeps beside the model what its answers and requests are compared with, before there is a version", () => {
    const kept = (loop: AirflowLoop) => {
      const { steps } = JSON.parse(airflowDefinition(loop, airflowGround()));
      return request(containers(named(steps, "register"))[0]!).keep;
    };
    const to = "s3://data/models/churn/{{ run_name(dag_run) }}/baseline/";
    const optional = ["baseline/statistics.json", "baseline/constraints.json"];
    expect(kept(airflowLoop())).to.deep.equal({ to, files: ["evaluation.json"], optional });
    const { gate: _, ...ungated } = airflowLoop();
    expect(kept(ungated)).to.deep.equal({ to, files: [], optional });
  });

  describe("and the DAG that checks what people ask for", () => {
    const checked = (loop: Partial<AirflowLoop> = {}) =>
      JSON.parse(checkDefinition(airflowLoop(loop), airflowGround())!) as {
        dag: string;
        schedule: string;
        steps: Step[];
      };

    it("looks every ten minutes, and measures by the steps of the loop, without training, registering or promoting", () => {
      const { dag, schedule, steps } = checked({ approve: "manual" });
      expect([dag, schedule]).to.deep.equal(["check-churn", "*/10 * * * *"]);
      expect(steps.map(({ id }) => id)).to.deep.equal(["candidate", "champion", "evaluate", "gate", "record_check"]);
      const gate = (all: Step[]) => request(containers(named(all, "gate"))[0]!).gate;
      expect(gate(steps)).to.deep.equal(gate(compiled().steps));
    });

    it("says all that the DAG of training says of itself: one file makes both of it", () => {
      const keys = (text: string) => Object.keys(JSON.parse(text)).filter((key) => key !== "description");
      const of = { launcher: "airflow-launcher" } as Partial<AirflowGround>;
      const [loop, ground] = [airflowLoop(), airflowGround(of)];
      const both = [airflowDefinition(loop, ground), checkDefinition(loop, ground)!];
      expect(keys(both[1]!)).to.deep.equal(keys(both[0]!));
      const [training, checking] = both.map((text) => JSON.parse(text));
      expect([checking.namespace, checking.launcher]).to.deep.equal([training.namespace, training.launcher]);
    });

    it("measures what was asked for on the rows of the approved run, as the step before has found them", () => {
      const inputs = request(containers(named(checked().steps, "evaluate"))[0]!).inputs;
      const report = (name: string) => `s3://data/outputs/churn/{{ run_name(dag_run) }}/${name}.json`;
      expect(inputs).to.deep.equal([
        { told: { report: report("candidate"), key: "packageUri" }, path: "processing/candidate" },
        { told: { report: report("candidate"), key: "testUri" }, path: "processing/test" },
        { told: { report: report("champion"), key: "packageUri" }, path: "processing/champion" },
      ]);
      const rows = (loop: Partial<AirflowLoop>) =>
        request(containers(named(checked(loop).steps, "candidate"))[0]!).rows;
      expect(rows({})).to.deep.equal({ folder: "s3://data/data/churn/", ofRun: false });
      const prepare = { ...preparing, timeoutMinutes: 60 };
      expect(rows({ prepare })).to.deep.equal({ folder: "s3://data/extracts/churn/", ofRun: true });
    });

    it("gives MLflow's password to the release image alone", () => {
      for (const step of checked().steps) {
        for (const each of containers(step)) {
          if (each.image !== airflowGround().toolImage)
            expect(secrets(each), `${step.id} ${each.name}`).to.deep.equal([]);
        }
      }
    });

    it("is not there without a gate: nothing is measured, and an approver answers", () => {
      const { gate: _, ...ungated } = airflowLoop();
      expect(checkDefinition(ungated, airflowGround())).to.equal(undefined);
    });
  });

  const checks = {
    ...({ everyHours: 6, labelDelayHours: 24, instanceType: "ml.m5.large", volumeGiB: 20 } as const),
    ...{
      modelQuality: { metric: "roc_auc", maxDropPercent: 10 },
      bias: { columns: ["{{plan}}"], maxIncreasePercent: 10 },
    },
  };
  const look = { checks, labels: "labels/churn/" };

  it("looks at live answers with the training image, which reads the store, and keeps the report where the monitor reads", () => {
    const ground = airflowGround({ dataUri: "s3://data/platform", storeSecret: "training-store" });
    const { dag, schedule, steps } = JSON.parse(lookDefinition(airflowLoop({ look }), ground)!);
    expect([dag, schedule]).to.deep.equal(["look-churn", "17 */6 * * *"]);
    const [made, looking, storing] = containers(steps[0]);
    expect(request(made!)).to.include({ action: "fetch" });
    expect(looking!.image).to.equal(airflowLoop().image);
    expect(looking!.args).to.deep.equal([
      ...["monitor", "--bucket=data", "--prefix=platform/", "--model=churn", "--labels=labels/churn/"],
      ...["--at={{ dag_run.run_after.isoformat() }}", "--every-hours=6", "--label-delay-hours=24"],
      ...["--metric=roc_auc", "--max-drop-percent=10", '{{ "--column={{plan}}" }}', "--max-bias-increase=0.1"],
    ]);
    expect(secrets(looking!)).to.deep.equal(["training-store"]);
    expect(request(storing!).folder).to.deep.equal({
      path: "processing/output",
      uri: "s3://data/platform/quality/churn/answers/{{ run_name(dag_run) }}/",
    });
    expect(lookDefinition(airflowLoop(), ground)).to.equal(undefined);
  });

  it("starts training where the monitor asks for it, by a step that no pod is", () => {
    const ground = airflowGround();
    const { dag, schedule, steps } = JSON.parse(decayDefinition(airflowLoop({ startsOnDecay: true }), ground)!);
    expect([dag, schedule]).to.deep.equal(["decay-churn", "*/10 * * * *"]);
    expect(steps.map(({ id }: Step) => id)).to.deep.equal(["decayed", "start"]);
    expect(request(containers(steps[0])[0]!)).to.include({
      action: "decayed",
      series: "s3://data/drift/churn/quality.json",
      answered: "s3://data/models/churn/decay.json",
    });
    expect(steps[1]).to.deep.equal({ id: "start", dag: "train-churn", reason: "decay" });
    expect(decayDefinition(airflowLoop(), ground)).to.equal(undefined);
  });

  it("is no larger than what is counted for it, with names as long as they get", () => {
    const image = `123456789012.dkr.ecr.ap-southeast-1.amazonaws.com/mlplatform/production/${"x".repeat(40)}:2026.11.21-abcdef1`;
    const model = "m".repeat(27);
    const tolerations = ["mlplatform/purpose", "nvidia.com/gpu"].map((key) => ({
      key,
      operator: "Equal" as const,
      value: "training",
      effect: "NoSchedule" as const,
    }));
    const placement = { nodeSelector: { "mlplatform/node-group": "training-gpu" }, tolerations };
    const loop = airflowLoop({
      ...{ model, image, rawFolder: `data/${model}/`, from: `models:/${model}@champion`, approve: "manual", gpus: 1 },
      hyperparameters: {},
      targets: ["kubernetes", "sagemaker"],
      problemType: "multiclassClassification",
      gate: {
        ...{ metric: "validation:average_precision", direction: "maximize", atLeast: 0.1 },
        ...{ beatChampion: true, maxDriftPsi: 0.2 },
      },
      prepare: { ...preparing, image, timeoutMinutes: 60 },
    });
    const ground = airflowGround({
      dataUri: `s3://${"b".repeat(63)}`,
      ...{ toolImage: image, storeSecret: "training-store", serviceAccount: `training-${model}` },
      ...{ placement, gpuPlacement: placement },
    });
    const { length } = airflowDefinition(loop, ground);
    expect(length).to.be.within(dagBytes / 2, dagBytes);
    const comparing = { ...loop, dataDrift: { effect: "block", maxPsi: 0.123456789, minPsi: 0.0123456789 } as const };
    expect(airflowDefinition(comparing, ground).length - length).to.be.within(comparingBytes / 2, comparingBytes);
    expect(checkDefinition(loop, ground)!.length).to.be.within(checkBytes / 2, checkBytes);
    const columns = Array.from({ length: 20 }, () => "c".repeat(200));
    const most = { ...checks, bias: { columns, maxIncreasePercent: 10 } };
    const looking = { ...loop, look: { checks: most, labels: "l".repeat(200) }, startsOnDecay: true };
    expect(lookDefinition(looking, ground)!.length).to.be.within(lookBytes / 2, lookBytes);
    expect(decayDefinition(looking, ground)!.length).to.be.within(decayBytes / 2, decayBytes);
  });
});
