import { expect } from "chai";
import { parse } from "yaml";
import { fluentBitConfig, fluentBitValues, type LogDestination, maskScript } from "../../charts/values/fluentBit";
import { lokiConfig, lokiValues } from "../../charts/values/loki";
import { runLua } from "../support/lua";
import { leaves, podSpecs, renderChart } from "../support/renderChart";

const cloudWatch: LogDestination = { kind: "cloudWatch", region: "eu-west-1", groupPrefix: "mlplatform-test/pods/" };
const toLoki: LogDestination = { kind: "loki", host: "loki.logs.svc", portNumber: 3100 };
const facts = { namespaces: ["airflow-tasks", "models"], maxHourlyMiB: 1800 };
const collector = (destination: LogDestination) => fluentBitValues({ ...facts, destination });
const store = lokiValues({ retentionDays: 30, nodeSelector: { pool: "apps" }, tolerations: [] });

describe("values of Fluent Bit", () => {
  it("are literal, so that a preview shows every object", () => {
    for (const [path, value] of [...leaves(collector(cloudWatch)), ...leaves(collector(toLoki)), ...leaves(store)]) {
      expect(["string", "number", "boolean"], path).to.include(typeof value);
    }
  });

  it("give its pods no root, no right in the cluster, and of the node the files of logs alone, to read", () => {
    const { podSecurityContext, securityContext, ...values } = collector(cloudWatch);
    expect(podSecurityContext).to.include({ runAsNonRoot: true, runAsUser: 65532 });
    expect(securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(values.rbac).to.deep.equal({ create: false });
    expect(values.serviceAccount).to.include({ automountServiceAccountToken: false });
    expect(values.daemonSetVolumes.map(({ hostPath }) => hostPath.path)).to.deep.equal([
      "/var/log/containers",
      "/var/log/pods",
    ]);
    expect(values.daemonSetVolumeMounts.map(({ readOnly }) => readOnly)).to.deep.equal([true, true]);
  });

  it("hold exactly the configuration, in one file, beside the program that masks", () => {
    const { config, luaScripts, args } = collector(toLoki);
    expect(parse(config.extraFiles["fluent-bit.yaml"])).to.deep.equal(
      fluentBitConfig({ ...facts, destination: toLoki }),
    );
    expect(args).to.include("--config=/fluent-bit/etc/conf/fluent-bit.yaml");
    expect(Object.keys(luaScripts)).to.deep.equal(["mask.lua"]);
    expect(JSON.stringify([config, luaScripts]), "nothing that Helm would take for a template").to.not.contain("{{");
  });
});

describe("the configuration of Fluent Bit", () => {
  const { service, pipeline } = fluentBitConfig({ ...facts, destination: cloudWatch });
  const [input] = pipeline.inputs;

  it("opens the files of the stack's namespaces and no others", () => {
    expect(input!.path.split(",")).to.deep.equal([
      "/var/log/containers/*_airflow-tasks_*.log",
      "/var/log/containers/*_models_*.log",
    ]);
  });

  it("bounds what is read, held in memory and kept on disk, which holds less than the volume", () => {
    expect(input).to.include({ rate_gate: true, "rate_gate.max_bytes": 524_288, "storage.type": "filesystem" });
    expect(service["storage.max_chunks_up"]).to.equal(32);
    const mebibytes = (size: string) => Number(/^(\d+)M/.exec(size)![1]);
    const [volume] = collector(cloudWatch).extraVolumes;
    const [{ "storage.total_limit_size": buffer } = { "storage.total_limit_size": "" }] = pipeline.outputs;
    expect(mebibytes(volume!.emptyDir.sizeLimit)).to.be.above(mebibytes(buffer));
  });

  it("masks before it writes, and asks the API server nothing", () => {
    expect(pipeline.filters.map(({ name }) => name)).to.deep.equal(["kubernetes", "lua"]);
    expect(pipeline.filters[0]).to.include({ use_tag_for_meta: true });
    expect(input!.tag.replace("*", "")).to.equal("kube.");
  });

  it("writes to a group of the namespace that the stack made, into a stream of the pod and container", () => {
    expect(pipeline.outputs[0]).to.deep.equal({
      match: "kube.*",
      name: "cloudwatch_logs",
      region: "eu-west-1",
      log_group_template: "mlplatform-test/pods/$kubernetes['namespace_name']",
      log_stream_template: "$kubernetes['pod_name'].$kubernetes['container_name']",
      log_group_name: "mlplatform-test/pods/airflow-tasks",
      log_stream_prefix: "unnamed-",
      log_key: "log",
      auto_create_group: false,
      retry_limit: "no_limits",
      "storage.total_limit_size": "1024M",
    });
  });

  it("labels lines for Loki by namespace, pod and container, and keeps of them the text alone", () => {
    const [output] = fluentBitConfig({ ...facts, destination: toLoki }).pipeline.outputs;
    expect(output).to.include({
      name: "loki",
      host: "loki.logs.svc",
      port: 3100,
      labels:
        "job=pods, namespace=$kubernetes['namespace_name'], pod=$kubernetes['pod_name'], container=$kubernetes['container_name']",
      drop_single_key: "raw",
    });
  });
});

describe("the configuration of Loki", () => {
  const config = lokiConfig({ retentionDays: 30 });

  it("deletes what is older than the stack keeps, by the compactor", () => {
    expect(config.limits_config.retention_period).to.equal("720h");
    expect(config.compactor).to.deep.include({ retention_enabled: true, delete_request_store: "s3" });
  });

  it("takes what Fluent Bit finds in files, however old, and shortens what is too long: what it refuses is lost", () => {
    expect(config.limits_config).to.include({
      reject_old_samples: false,
      max_line_size_truncate: true,
    });
    expect(fluentBitConfig({ ...facts, destination: toLoki }).pipeline.inputs[0]).to.include({ read_from_head: true });
  });

  it("names no key: they come as variables of a Secret", () => {
    const { access_key_id, secret_access_key } = config.storage_config.aws;
    expect([access_key_id, secret_access_key]).to.deep.equal([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Loki reads it
      "${STORE_ACCESS_KEY_ID}",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Loki reads it
      "${STORE_SECRET_ACCESS_KEY}",
    ]);
    expect(store.singleBinary.extraEnvFrom).to.deep.equal([{ secretRef: { name: "loki-store" } }]);
    expect(parse(store.loki.config)).to.deep.equal(config);
  });
});

for (const [name, values, kinds] of [
  ["fluent-bit", collector(cloudWatch), ["ConfigMap", "ConfigMap", "DaemonSet", "Service", "ServiceAccount"]],
  ["loki", store, ["ConfigMap", "ConfigMap", "Service", "Service", "Service", "ServiceAccount", "StatefulSet"]],
] as const) {
  it(`the chart ${name} makes exactly these objects of the values, without a hook and with pods of bounded memory`, async function () {
    const text = await renderChart(this, name, values);
    const objects = text
      .split(/^---$/m)
      .map((each) => parse(each))
      .filter((each) => each !== null);
    expect(objects.map(({ kind }) => kind).sort()).to.deep.equal(kinds);
    expect(text).to.not.contain("helm.sh/hook");
    for (const { containers } of objects.flatMap(podSpecs)) {
      for (const container of containers) {
        expect(container.resources?.limits).to.have.property("memory");
        expect(container.securityContext).to.include({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
      }
    }
  });
}

describe("secrets in lines", () => {
  const joined = (...parts: string[]) => parts.join("");
  const made = { up: "x1Y2z3W4v5U6t7S8" };
  const hidden: [what: string, line: string, kept: string][] = [
    ["a password in JSON", `{"user":"ada","password": "${made.up}"}`, '{"user":"ada","password": "****"}'],
    ["one with what ends others", '{"password":"ab,cd;ef}g&h i","u":1}', '{"password":"****","u":1}'],
    ["one with an escaped quote", '{"password":"ab\\"c,d","u":1}', '{"password":"****","u":1}'],
    ["one that ends in a backslash", '{"password":"ab\\\\","u":1}', '{"password":"****","u":1}'],
    ["one in single quotes", "{'password': 'ab,c\"d', 'u': 1}", "{'password': '****', 'u': 1}"],
    ["one whose quote is never closed", 'password="ab, cd', 'password="****'],
    ["one without quotes", 'password=ab,cd;ef}g"h next', "password=**** next"],
    ["one of a query", "/x?password=ab,cd&page=2", "/x?password=****&page=2"],
    ["one of a command in JSON", '{"run":"x --password=ab,cd","u":1}', '{"run":"x --password=****","u":1}'],
    ["a number in JSON", '{"password":1234,"u":1}', '{"password":****,"u":1}'],
    [
      "one with an escaped quote in JSON in JSON",
      '{\\"secret\\":\\"a\\\\\\"b,c\\",\\"u\\":1}',
      '{\\"secret\\":\\"****\\",\\"u\\":1}',
    ],
    ["JSON in JSON", `{\\"password\\":\\"${made.up}\\"}`, '{\\"password\\":\\"****\\"}'],
    ["a variable of the environment", `AWS_SECRET_ACCESS_KEY=${made.up} next`, "AWS_SECRET_ACCESS_KEY=**** next"],
    ["an option", `--client-secret=${made.up} --port=1`, "--client-secret=**** --port=1"],
    ["an address with a password", `postgresql://mlflow:${made.up}@db:5432/x`, "postgresql://mlflow:****@db:5432/x"],
    ["a header", `Authorization: Basic ${made.up}`, "Authorization: Basic ****"],
    ["a bearer's token", `sent Bearer ${made.up}${made.up} to`, "sent Bearer **** to"],
    ["a JSON web token", joined("got ey", "JhbGci.ey", "JzdWIi.c2ln", " ok"), "got **** ok"],
    ["an id of an access key", joined("key AK", "IA", "Q".repeat(16), " used"), joined("key AK", "IA**** used")],
    ["a token of GitHub", joined("gh", "p_", made.up), joined("gh", "p_****")],
    [
      "a private key",
      joined("-----BEGIN RSA PRIVATE", " KEY-----\\nMIIE"),
      joined("-----BEGIN RSA PRIVATE", " KEY-----****"),
    ],
  ];
  const plain = [
    "GET http://host:8080/a@b 200",
    "tokens=5 secretName: mlflow epoch 3 of 10",
    "password reset was asked for",
    "Bearer of news",
    'password="" secret=""',
    '{"level": "info", "model": "churn", "seconds": 0.25}',
  ];
  const program = `${maskScript()}\nfor line in io.lines() do print(masked(line)) end`;

  it("are masked, and what stands around them stays", function () {
    const kept = runLua(this, program, hidden.map(([, line]) => line).join("\n"))
      .trimEnd()
      .split("\n");
    for (const [at, [what, , expected]] of hidden.entries()) expect(kept[at], what).to.equal(expected);
  });

  it("are not seen where there are none", function () {
    expect(runLua(this, program, plain.join("\n")).trimEnd().split("\n")).to.deep.equal(plain);
  });

  it("cost one reading of a line, though it holds nothing but their beginnings", function () {
    const longest = 128 * 1024;
    const beginnings = [
      ...["AKIA", "eyJ", "eyJ-", "eyJ-.", "ghp_", "github_pat_", "glpat-", "xoxb-", "hooks.slack.com/services/"],
      ...["-----BEGIN ", "-----BEGIN PRIVATE KEY", "authorization:", "authorization: a ", "bearer ", "://", "://:"],
      ...["password", "password:", 'secret="', "secret='", 'api_key=a"', '"passwd":\\"', "access_token=1"],
    ];
    const lines = beginnings.flatMap((each) => [
      each.repeat(longest / each.length),
      ...[" ", "a", "\\"].map((filling) => each + filling.repeat(longest)),
    ]);
    // What begins anew at each of them takes 20 seconds for such a line, and does not end in time for all.
    const counted = `${maskScript()}\nlocal count = 0 for line in io.lines() do masked(line) count = count + 1 end print(count)`;
    expect(Number(runLua(this, counted, lines.join("\n")))).to.equal(lines.length);
  });

  it("are masked in a line that is then cut at 128 KiB, between two characters", function () {
    const [secretAtEnd, letters] = runLua(
      this,
      program,
      [`${"a".repeat(128 * 1024 - 11)} password=${made.up}`, `a${"é".repeat(128 * 1024)}`].join("\n"),
    ).split("\n");
    expect(secretAtEnd!.slice(-14)).to.equal("aaa password=*");
    expect(letters).to.equal(`a${"é".repeat(64 * 1024 - 1)}`);
  });

  it("are masked in the text of a record, which keeps its time and its other fields", function () {
    const call = `${maskScript()}
local code, time, record = mask("kube.x", 12.5, { log = "password=${made.up}", stream = "stderr" })
print(code, time, record.log, record.stream)
print(mask("kube.x", 12.5, { log = "nothing" }))
print((mask("kube.x", 12.5, { other = 1 })))`;
    const [changed, same, none] = runLua(this, call, "").split("\n");
    expect(changed).to.equal("2\t12.5\tpassword=****\tstderr");
    expect(same).to.match(/^0\t/);
    expect(none).to.equal("0");
  });
});
