import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import { charts } from "../../charts/lock";
import { airflowValues, airflowVersion } from "../../charts/values/airflow";
import { bundleValuePaths, platformBundle } from "../../charts/values/airflowBundles";
import { airflowDagsValues } from "../../charts/values/airflowDags";
import type { AirflowFacts } from "../../charts/values/airflowFacts";
import { pythonString, signInCallbackPath, webserverConfig } from "../../charts/values/airflowSignIn";
import { airflowSecretNames } from "../../components/apps/airflow/secrets";
import { leaves, type Manifest, type PodSpec, podSpecs, renderChart } from "../support/renderChart";

const anywhere = { nodeSelector: {}, tolerations: [] };
const facts: AirflowFacts = {
  namespace: "airflow",
  executor: { kind: "kubernetes" },
  workers: { namespace: "airflow-tasks", dagPodNamespace: "airflow-pods", localSettings: "made_up = True\n" },
  schedulers: 1,
  apiServers: 1,
  workerCpu: "500m",
  workerMemoryMiB: 1024,
  dags: { kind: "none" },
  secretNames: airflowSecretNames,
  taskVariables: [],
  logKeys: false,
  environmentConfigMap: "airflow-environment",
  secretsRevision: "made-up",
  serviceAccounts: {
    apiServer: "sa-api",
    scheduler: "sa-scheduler",
    dagProcessor: "sa-dags",
    triggerer: "sa-triggers",
    worker: "sa-worker",
    cleanup: "sa-cleanup",
  },
  placement: { nodeSelector: { "mlplatform/purpose": "apps" }, tolerations: [] },
  workerPlacement: anywhere,
};
const training = {
  nodeSelector: { "mlplatform/purpose": "training" },
  tolerations: [
    { key: "mlplatform/purpose", operator: "Equal" as const, value: "training", effect: "NoSchedule" as const },
  ],
};
const git = {
  kind: "git" as const,
  repository: "git@github.com:example-company/dags.git",
  branch: "main",
  path: "dags",
  syncSeconds: 30,
};
const github = { provider: "github" as const, organization: "example-company", groups: { platform: "admin" as const } };
const digest = `sha256:${"a".repeat(64)}`;

const stacks: Record<string, AirflowFacts> = {
  "the smallest": facts,
  "with keys of its stores": { ...facts, taskVariables: ["AWS_SECRET_ACCESS_KEY"], logKeys: true },
  "signed in, from git, on its own image": {
    ...facts,
    schedulers: 2,
    apiServers: 2,
    image: `registry.example.com:5000/team/airflow:1.2@${digest}`,
    url: "https://airflow.example.com",
    dags: { ...git, secretName: "dags-key" },
    signIn: { ...github, organization: 'odd"{{ .Values }}' },
    workerPlacement: training,
  },
  "Celery, from git over https": {
    ...facts,
    executor: { kind: "celery", minWorkers: 1, maxWorkers: 4 },
    dags: { ...git, repository: "https://github.com/example-company/dags.git", secretName: "dags-token" },
    storageClass: "gp3",
    workerPlacement: training,
  },
  "DAGs of training beside people's": { ...facts, platformDags: ["made-up-dags"], dags: git },
  "DAGs on a volume": { ...facts, dags: { kind: "volume", storageGiB: 5, storageClass: "shared" } },
};

describe("values of Airflow", () => {
  for (const [name, stack] of Object.entries(stacks)) {
    it(`${name}: are literal, and of facts alone`, () => {
      for (const [path, value] of leaves(airflowValues(stack))) {
        expect(
          value === null || ["string", "number", "boolean"].includes(typeof value),
          `${path} is ${value}`,
        ).to.equal(true);
      }
      expect(airflowValues(stack)).to.deep.equal(airflowValues(stack));
    });

    it(`${name}: use no hook, no generated secret, no database of the chart and no role that is empty`, () => {
      const values = airflowValues(stack);
      expect(values.migrateDatabaseJob).to.deep.include({ useHelmHooks: false, ttlSecondsAfterFinished: null });
      expect(values.data).to.deep.equal({
        metadataSecretName: "airflow-metadata",
        brokerUrlSecretName: "airflow-broker-url",
      });
      expect(values).to.deep.include({ postgresql: { enabled: false }, fernetKeySecretName: "airflow-fernet-key" });
      expect(values).to.not.have.any.keys("databaseCleanup", "fernetKey", "jwtSecret", "apiSecretKey");
      expect(JSON.stringify(values)).to.not.match(/latest/);
    });
  }

  it("send logs to the store and leave none behind; which store, the pods read from their environment", () => {
    const { config, extraEnvFrom, logs } = airflowValues(facts);
    expect(config.logging).to.deep.equal({
      remote_logging: "True",
      remote_log_conn_id: "aws_default",
      delete_local_logs: "True",
      encrypt_s3_logs: "False",
    });
    expect(extraEnvFrom).to.equal(
      "- configMapRef:\n    name: airflow-environment\n- secretRef:\n    name: airflow-environment\n",
    );
    expect(logs).to.deep.equal({ persistence: { enabled: false } });
  });

  it("ask for no store of logs in pods that are not told which: without its folder Airflow does not start", () => {
    const { config, migrateDatabaseJob, createUserJob, cleanup } = airflowValues(facts);
    expect(config.logging.remote_logging).to.equal("True");
    for (const pod of [migrateDatabaseJob, createUserJob, cleanup]) {
      expect(pod)
        .to.have.property("env")
        .that.deep.includes({ name: "AIRFLOW__LOGGING__REMOTE_LOGGING", value: "False" });
    }
  });

  it("give parts minutes to begin, and a probe that loads Airflow time to do so", () => {
    const { apiServer, scheduler, dagProcessor, triggerer } = airflowValues(facts);
    for (const { failureThreshold, periodSeconds } of [apiServer.startupProbe, scheduler.startupProbe]) {
      expect(failureThreshold * periodSeconds).to.be.at.least(300);
    }
    expect(scheduler.startupProbe.timeoutSeconds).to.be.at.least(60);
    for (const { livenessProbe } of [scheduler, dagProcessor, triggerer]) {
      expect(livenessProbe.timeoutSeconds).to.be.at.least(60);
    }
  });

  it("make a first user where nobody signs in, its password a reference; and none where people do", () => {
    const alone = airflowValues(facts).createUserJob;
    expect(alone).to.deep.include({ enabled: true, useHelmHooks: false });
    expect(alone).to.have.nested.property("defaultUser.password", "$(AIRFLOW_ADMIN_PASSWORD)");
    expect(alone)
      .to.have.nested.property("env[1].valueFrom.secretKeyRef")
      .deep.equal({ name: "airflow-admin", key: "password" });
    const signedIn = airflowValues({ ...facts, signIn: github });
    expect(signedIn.createUserJob).to.deep.equal({ enabled: false });
    expect(signedIn.apiServer.env.map((each) => "valueFrom" in each && each.valueFrom.secretKeyRef)).to.deep.equal([
      { name: "airflow-sign-in", key: "client-id" },
      { name: "airflow-sign-in", key: "client-secret" },
    ]);
    expect(airflowValues(facts).apiServer).to.not.have.property("apiServerConfig");
  });

  it("trust a proxy and ask for HTTPS cookies only where there is an address", () => {
    const published = airflowValues({ ...facts, url: "https://airflow.example.com" });
    expect(published.apiServer.args[2]).to.contain("--proxy-headers");
    expect(published.config.api).to.deep.equal({ expose_config: "False", base_url: "https://airflow.example.com" });
    expect(published.config.fab).to.deep.equal({ cookie_secure: "True", enable_proxy_fix: "True" });
    const inside = airflowValues(facts);
    expect(inside.apiServer.args[2]).to.not.contain("--proxy-headers");
    expect(inside.apiServer.env).to.deep.equal([]);
    expect(inside.config.api).to.not.have.property("base_url");
    expect(inside.config.fab).to.deep.equal({ cookie_secure: "False", enable_proxy_fix: "False" });
  });

  it("allow a disruption budget only where a second pod can take over", () => {
    expect(airflowValues(facts).scheduler.podDisruptionBudget).to.deep.equal({ enabled: false });
    expect(airflowValues({ ...facts, schedulers: 2 }).scheduler.podDisruptionBudget).to.deep.equal({
      enabled: true,
      config: { maxUnavailable: 1 },
    });
  });

  it("give tasks their memory as a limit, their nodes, and protection from being moved", () => {
    const { workers } = airflowValues({ ...facts, workerPlacement: training }) as unknown as {
      workers: Record<string, object>;
    };
    expect(workers.serviceAccount, "else the pods are those of the account `default`").to.deep.equal({
      create: false,
      name: "sa-worker",
    });
    expect(workers.kubernetes).to.deep.equal({
      serviceAccount: { create: false, name: "sa-worker" },
      resources: { requests: { cpu: "500m", memory: "1024Mi" }, limits: { memory: "1024Mi" } },
      env: [],
      safeToEvict: false,
      podAnnotations: {
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "karpenter.sh/do-not-disrupt": "true",
      },
      ...training,
    });
  });

  it("with Celery: scale between the bounds, and take Redis's password by name", () => {
    const values = airflowValues(stacks["Celery, from git over https"]!) as unknown as Record<
      string,
      Record<string, object>
    >;
    expect(values.executor).to.equal("CeleryExecutor");
    expect(values.redis).to.deep.include({ enabled: true, passwordSecretName: "airflow-redis-password" });
    expect(values.workers!.celery).to.deep.include({
      replicas: 1,
      hpa: { enabled: true, minReplicaCount: 1, maxReplicaCount: 4 },
      ...training,
    });
  });
});

describe("DAGs of Airflow", () => {
  it("from git by a deploy key: the host is checked against its published key", () => {
    const { gitSync } = airflowDagsValues({ ...git, secretName: "dags-key" }) as { gitSync: Record<string, unknown> };
    expect(gitSync).to.deep.include({ sshKeySecret: "dags-key", ref: "main", subPath: "dags", period: "30s" });
    expect(gitSync.knownHosts).to.match(/^github\.com ssh-ed25519 AAAA/);
    expect(gitSync).to.not.have.any.keys("credentialsSecret", "envFrom");
  });

  it("from git by a token: as git-sync 4 names it, and nothing of git-sync 3 is asked for", () => {
    const { gitSync } = airflowDagsValues({
      ...git,
      repository: "https://git.example.com/dags.git",
      secretName: "token",
    }) as {
      gitSync: Record<string, unknown>;
    };
    expect(gitSync.envFrom).to.equal('- secretRef:\n    name: "token"\n');
    expect(gitSync).to.not.have.any.keys("credentialsSecret", "sshKeySecret", "knownHosts");
  });

  it("never from git and a volume at once", () => {
    for (const dags of [
      git,
      { kind: "volume" as const, storageGiB: 5, storageClass: "shared" },
      { kind: "none" as const },
    ]) {
      const { gitSync, persistence } = airflowDagsValues(dags) as Record<
        "gitSync" | "persistence",
        { enabled: boolean }
      >;
      expect([gitSync.enabled, persistence.enabled].filter(Boolean).length).to.be.at.most(1);
    }
  });
});

describe("the sign-in file of Airflow", () => {
  it("holds any text as a literal that neither Python, YAML nor Helm can mistake", () => {
    for (const text of ['"', "\\", "{{ .Values }}", "a\nb", "é", "\u0085", "\u2028", "😀", "%(x)s", "'''"]) {
      const literal = pythonString(text);
      expect(literal, JSON.stringify(text)).to.match(/^"[ !#-[\]-z|~\\]*"$/);
      expect(literal.slice(1, -1).replace(/\\(u[0-9a-f]{4}|U[0-9a-f]{8})/g, "")).to.not.contain("\\");
    }
    expect(pythonString("😀 é")).to.equal('"\\U0001f600 \\u00e9"');
  });

  it("holds no secret, and no pair of braces that Helm would read", () => {
    const text = webserverConfig(
      { provider: "oidc", issuer: "https://id.example.com/", groupsClaim: "groups" },
      { "{{x}}": "admin" },
    );
    expect(text).to.not.match(/\{\{|\}\}/);
    expect(text).to.contain('os.environ["AIRFLOW_SIGN_IN_CLIENT_SECRET"]');
    expect(text).to.contain('"https://id.example.com/.well-known/openid-configuration"');
    expect(signInCallbackPath("oidc")).to.equal("/auth/oauth-authorized/oidc");
  });

  it("gives roles by groups, and people without one no more than strangers", () => {
    const text = webserverConfig(github, { a: "admin", b: "editor", c: "viewer" });
    for (const line of ['("a", ["Admin"])', '("b", ["User"])', '("c", ["Viewer"])']) expect(text).to.contain(line);
    expect(text).to.contain('AUTH_USER_REGISTRATION_ROLE = "Public"').and.to.contain("AUTH_ROLES_SYNC_AT_LOGIN = True");
  });
});

describe("the chart of Airflow, rendered", function () {
  this.timeout(60_000);
  const render = async (context: Mocha.Context, name: string, over: Partial<AirflowFacts> = {}) => {
    const text = await renderChart(context, "airflow", airflowValues({ ...stacks[name]!, ...over }));
    return parseAllDocuments(text)
      .map((document) => document.toJS() as Manifest | null)
      .filter((each) => each !== null);
  };

  for (const name of Object.keys(stacks)) {
    it(`${name}: twice the same, without hooks, with a limit of memory and a restricted context for every container`, async function () {
      const objects = await render(this, name);
      expect(objects).to.deep.equal(await render(this, name));
      for (const object of objects) {
        expect(Object.keys(object.metadata.annotations ?? {}).join(), object.metadata.name).to.not.contain(
          "helm.sh/hook",
        );
        expect(object.kind === "Role" && object.rules?.length === 0, "an empty role").to.equal(false);
      }
      const template = objects.find(({ metadata }) => metadata.name === "airflow-config")!.data![
        "pod_template_file.yaml"
      ]!;
      const pods = [...objects.flatMap(podSpecs), ...(template === undefined ? [] : podSpecs(parse(template)))];
      expect(pods.length).to.be.at.least(8);
      for (const pod of pods) {
        for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
          const context = { ...pod.securityContext, ...container.securityContext };
          expect(context, container.name).to.deep.include({
            runAsNonRoot: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            seccompProfile: { type: "RuntimeDefault" },
          });
          expect(container.resources?.limits, container.name).to.have.property("memory");
          expect(container.image, container.name)
            .to.match(/[:@][\w.-]+$/)
            .and.to.not.contain("latest");
        }
      }
    });
  }

  it("tells every pod with the options where task logs go, or that there is no such place for it", async function () {
    const objects = await render(this, "the smallest");
    const containers = objects.flatMap(podSpecs).flatMap((pod) => [...pod.containers, ...(pod.initContainers ?? [])]);
    const configured = containers.filter(({ volumeMounts }) =>
      volumeMounts?.some(({ subPath }) => subPath === "airflow.cfg"),
    );
    expect(configured.length).to.be.at.least(9);
    for (const { name, env, envFrom } of configured) {
      const told = envFrom?.some(({ configMapRef }) => configMapRef?.name === "airflow-environment") ?? false;
      const none = env?.some((each) => each.name === "AIRFLOW__LOGGING__REMOTE_LOGGING" && each.value === "False");
      expect(told || none, name).to.equal(true);
    }
  });

  it("makes exactly the service accounts that have identities, and what ServiceMonitor and Ingress look for", async function () {
    const objects = await render(this, "the smallest");
    const names = (kind: string) => objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);
    const { worker, ...own } = facts.serviceAccounts;
    expect(names("ServiceAccount")).to.include.members(Object.values(own));
    expect(names("ServiceAccount"), "it is in the namespace of tasks").to.not.include(worker);
    const beside = await render(this, "DAGs on a volume", { workers: { ...facts.workers, namespace: "airflow" } });
    expect(beside.map(({ metadata }) => metadata.name)).to.include(worker);
    const services = objects.filter(({ kind }) => kind === "Service");
    const statsd = services.find(({ metadata }) => metadata.labels?.component === "statsd")!;
    expect(statsd.metadata.labels).to.include({ tier: "airflow", release: "airflow" });
    expect(statsd.spec!.ports).to.deep.include({
      name: "statsd-scrape",
      protocol: "TCP",
      port: 9102,
      targetPort: 9102,
    });
    const api = services.find(({ metadata }) => metadata.name === "airflow-api-server")!;
    expect((api.spec!.ports as { port: number }[]).map(({ port }) => port)).to.deep.equal([8080]);
    expect(names("Ingress")).to.deep.equal([]);
  });

  for (const name of Object.keys(stacks)) {
    it(`${name}: starts every standing pod anew, and no Job, when what pods read at their start is another`, async function () {
      const [one, other] = [await render(this, name), await render(this, name, { secretsRevision: "another" })];
      const title = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;
      const changed = one.filter((each, at) => JSON.stringify(each) !== JSON.stringify(other[at])).map(title);
      const standing = one.filter(
        ({ kind, metadata }) => /^(Deployment|StatefulSet)$/.test(kind) && !/redis|statsd/.test(metadata.name),
      );
      expect(changed).to.have.members(standing.map(title));
    });
  }

  it("runs tasks with the team's image, whole, from template and from configuration", async function () {
    const objects = await render(this, "signed in, from git, on its own image");
    const config = objects.find(({ metadata }) => metadata.name === "airflow-config")!.data!;
    const image = `registry.example.com:5000/team/airflow:1.2@${digest}`;
    expect(config["pod_template_file.yaml"]).to.contain(`image: ${image}`);
    const given = (key: string) => new RegExp(`${key} = (.*)`).exec(config["airflow.cfg"]!)![1];
    expect(`${given("worker_container_repository")}:${given("worker_container_tag")}`).to.equal(image);
  });

  for (const executor of [{ kind: "kubernetes" }, { kind: "celery", minWorkers: 1, maxWorkers: 2 }] as const) {
    it(`knows a second bundle where training asks for one, and has its files where DAGs are read: ${executor.kind}`, async function () {
      const objects = await render(this, "DAGs of training beside people's", { executor });
      const config = objects.find(({ metadata }) => metadata.name === "airflow-config")!.data!;
      const [, listed] = /^dag_bundle_config_list = (.*)$/m.exec(config["airflow.cfg"]!)!;
      const classpath = "airflow.dag_processing.bundles.local.LocalDagBundle";
      expect(JSON.parse(listed!)).to.deep.equal([
        { name: "dags-folder", classpath, kwargs: {} },
        { name: platformBundle.name, classpath, kwargs: { path: platformBundle.folder } },
      ]);
      const tasks = {
        kind: "Pod",
        metadata: { name: "task" },
        template: parse(config["pod_template_file.yaml"] ?? ""),
      };
      const having = [...objects, ...(tasks.template ? [tasks] : [])].filter((object) =>
        podSpecs(object).some((pod) => mountsOf(pod).includes(platformBundle.folder)),
      );
      const names = having.map(({ metadata }) => metadata.name);
      const workers = executor.kind === "celery" ? "airflow-worker" : "task";
      expect(names).to.have.members(["airflow-dag-processor", "airflow-triggerer", workers]);
      const launching = objects.filter(({ kind, metadata }) => /^Role/.test(kind) && !/cleanup/.test(metadata.name));
      expect(launching, "who starts pods is not the chart's to say").to.deep.equal([]);
      for (const object of having) {
        expect(JSON.stringify(object)).to.contain('{"configMap":{"name":"made-up-dags"},"name":"platform-dags"}');
      }
    });
  }

  for (const executor of [{ kind: "kubernetes" }, { kind: "celery", minWorkers: 1, maxWorkers: 2 }] as const) {
    it(`gives keys to the pods that use them, and to no other: ${executor.kind}`, async function () {
      const objects = await render(this, "with keys of its stores", { executor });
      const config = objects.find(({ metadata }) => metadata.name === "airflow-config")!.data!;
      const template = config["pod_template_file.yaml"];
      const pods: [name: string, PodSpec[]][] = [
        ...objects.map((object): [string, PodSpec[]] => [object.metadata.name, podSpecs(object)]),
        ...(template === undefined ? [] : ([["task", podSpecs(parse(template))]] as [string, PodSpec[]][])),
      ];
      const having = (secret: string, key: string) =>
        pods.flatMap(([name, specs]) =>
          specs
            .flatMap(({ containers, initContainers }) => [...containers, ...(initContainers ?? [])])
            .flatMap(({ env }) => env ?? [])
            .filter(({ name: variable, valueFrom }) => variable === key && valueFrom?.secretKeyRef?.name === secret)
            .map(() => name),
        );
      const workers = executor.kind === "celery" ? "airflow-worker" : "task";
      expect(having("airflow-tasks", "AWS_SECRET_ACCESS_KEY")).to.deep.equal([workers]);
      expect(having("airflow-task-logs", "AIRFLOW_CONN_AWS_DEFAULT")).to.have.members([workers, "airflow-triggerer"]);
      expect(having("airflow-task-logs-reading", "AIRFLOW_CONN_AWS_DEFAULT")).to.deep.equal(["airflow-api-server"]);
    });
  }

  for (const name of [
    "the smallest",
    "with keys of its stores",
    "signed in, from git, on its own image",
    "DAGs on a volume",
  ]) {
    it(`${name}: gives a task what it asks the API server by, and nothing that only Airflow may hold`, async function () {
      const objects = await render(this, name);
      const config = objects.find(({ metadata }) => metadata.name === "airflow-config")!.data!;
      const template = config["pod_template_file.yaml"]!;
      const [base] = podSpecs(parse(template)).flatMap(({ containers }) => containers);
      const given = Object.fromEntries(base!.env!.map((each) => [each.name, each]));
      expect(base!.env!.length, "each name once").to.equal(Object.keys(given).length);
      const at = stacks[name]!.url === undefined ? "" : new URL(stacks[name]!.url!).pathname.replace(/\/$/, "");
      expect(given.AIRFLOW__CORE__EXECUTION_API_SERVER_URL).to.deep.include({
        value: `http://airflow-api-server.airflow.svc:8080${at}/execution/`,
      });
      expect(given.AIRFLOW__METRICS__STATSD_HOST).to.deep.include({ value: "airflow-statsd.airflow.svc" });
      expect(given.AIRFLOW__LOGGING__REMOTE_LOGGING).to.deep.include({ value: "True" });
      const { tasks, taskLogs, ...keys } = airflowSecretNames;
      const withheld = new Set(Object.values(keys).filter((secret) => secret !== facts.environmentConfigMap));
      const named = [...template.matchAll(/\b(?:name|secretName): (\S+)/g)].map(([, found]) => found!);
      expect(named.filter((found) => withheld.has(found))).to.deep.equal([]);
      expect(template).to.not.match(/FERNET|SQL_ALCHEMY|JWT|AIRFLOW__API__SECRET|secretRef/);
      const allowed = [tasks, taskLogs, "dags-key", undefined];
      for (const { valueFrom } of base!.env!) expect(allowed).to.include(valueFrom?.secretKeyRef?.name);
    });
  }

  it("finds the host keys of a repository in a ConfigMap of the tasks' namespace, and mounts nothing else of Airflow's own", async function () {
    const objects = await render(this, "signed in, from git, on its own image");
    const template = objects.find(({ metadata }) => metadata.name === "airflow-config")!.data![
      "pod_template_file.yaml"
    ]!;
    const { spec } = parse(template) as { spec: { volumes: object[]; initContainers: { volumeMounts: object[] }[] } };
    expect(spec.volumes).to.deep.include({ configMap: { name: "airflow-config" }, name: "config" });
    const mounts = [...podSpecs({ spec })].flatMap(({ containers, initContainers = [] }) =>
      [...containers, ...initContainers].flatMap(
        (each) => (each as { volumeMounts?: { name: string; subPath?: string }[] }).volumeMounts ?? [],
      ),
    );
    expect(mounts.filter((each) => each.name === "config").map(({ subPath }) => subPath)).to.deep.equal([
      "known_hosts",
    ]);
    const none = await render(this, "the smallest");
    expect(
      none.find(({ metadata }) => metadata.name === "airflow-config")!.data!["pod_template_file.yaml"],
    ).to.not.contain("airflow-config");
  });

  it("cleans up after tasks and after the pods of DAGs, each in its namespace, and asks the scheduler about pods", async function () {
    const objects = await render(this, "the smallest");
    const cleanup = objects.find(({ metadata }) => metadata.name === "airflow-cleanup")!;
    expect(JSON.stringify(cleanup)).to.contain(
      "airflow kubernetes cleanup-pods --namespace=airflow-tasks && airflow kubernetes cleanup-pods --namespace=airflow-pods",
    );
    const config = objects.find(({ metadata }) => metadata.name === "airflow-config")!.data!;
    expect(config["airflow_local_settings.py"]).to.contain("made_up = True");
    expect(config["airflow.cfg"]).to.contain("namespace = airflow-tasks");
  });

  it("has in its values every list that values of a stack may not replace then", () => {
    const { executor: _, ...rest } = stacks["DAGs of training beside people's"]!;
    const given = (["kubernetes", "celery"] as const).flatMap((kind) =>
      leaves(airflowValues({ ...rest, executor: { kind, minWorkers: 1, maxWorkers: 2 } })).map(([path]) => path),
    );
    const lists = given.flatMap(
      (path) => /^(.*(?:extraVolumes|extraVolumeMounts|dagBundleConfigList))\b/.exec(path.slice(1))?.[1] ?? [],
    );
    expect(bundleValuePaths).to.include.members([...new Set(lists)]);
    expect(lists).to.not.deep.equal([]);
  });

  it("is the chart written for this version of Airflow", () => {
    expect([charts.airflow.version, airflowVersion]).to.deep.equal(["1.22.0", "3.2.2"]);
  });
});

/** Folders that volumes of a pod are mounted at. */
function mountsOf(pod: { containers: object[] }): string[] {
  return pod.containers.flatMap((container) =>
    ((container as { volumeMounts?: { mountPath: string }[] }).volumeMounts ?? []).map(({ mountPath }) => mountPath),
  );
}
