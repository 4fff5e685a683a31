/** Answers for the package `kubernetes`: an API server without pods. */
import { Account, type Existing, Refusal } from "../account";
import { admit, depart } from "../controllers";
import { belowAnyOf, differencesBetween } from "../differences";
import { helmChart } from "../expansions/helmChart";
import { suffixFrom } from "../names";
import type {
  CheckAnswer,
  Cloud,
  CreateAnswer,
  DiffAnswer,
  Failure,
  Provider,
  ProviderPackage,
  ReadAnswer,
  Subject,
} from "../provider";
import type { ConstructAnswer, ConstructCall } from "../registrar";
import { hasUnknown, type Properties } from "../values";
import { appliedTo, withFields } from "./apply";
import { type Connection, connect, wrongKubeconfig } from "./connection";
import { forcesOf, isClusterWide, type Kind, kindOf } from "./kinds";
import { wrongObject } from "./limits";
import { namespaceFor, namespaceOf, storedType, storedTypeOf, within } from "./objects";
import { statusOf } from "./status";

const autonamed = "pulumi.com/autonamed";

export const kubernetesPackage: ProviderPackage = {
  name: "kubernetes",
  sdk: "@pulumi/kubernetes",
  acceptsSecrets: true,
  checkConfig: wrongKubeconfig,
  configReplaces: (olds, news) => {
    // With an identifier given, whatever else changes is taken to lead to the same cluster.
    const [before, after] = [olds.clusterIdentifier, news.clusterIdentifier];
    if (before !== undefined && after !== undefined) return before === after ? [] : ["clusterIdentifier"];
    return serverOf(olds) === serverOf(news) ? [] : ["kubeconfig"];
  },
  configure: (config, cloud) => new KubernetesProvider(config, cloud),
};

function serverOf({ kubeconfig }: Properties): string | undefined {
  return typeof kubeconfig !== "string" || hasUnknown(kubeconfig)
    ? undefined
    : /server"?:\s*"?([^\s",}]+)/.exec(kubeconfig)?.[1];
}

function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

class KubernetesProvider implements Provider {
  constructor(
    private readonly config: Properties,
    private readonly cloud: Cloud,
  ) {}

  check(subject: Subject, olds: Properties, given: Properties, seed: Uint8Array): CheckAnswer {
    const inputs: Properties = {
      ...given,
      metadata: typeof given.metadata === "object" ? { ...given.metadata } : (given.metadata ?? {}),
    };
    const kind = kindOf(inputs);
    const failures: Failure[] = [];
    for (const property of ["apiVersion", "kind"]) {
      if (typeof inputs[property] !== "string")
        failures.push({ property, reason: "is required, and nothing is given" });
    }
    const { metadata } = inputs;
    if (typeof metadata === "object") {
      if (metadata.name === undefined && metadata.generateName === undefined) {
        const kept = olds.metadata?.annotations?.[autonamed] === "true" ? olds.metadata.name : undefined;
        metadata.name = kept ?? `${subject.name}-${suffixFrom(seed, subject.name, 8)}`;
        metadata.annotations = { ...metadata.annotations, [autonamed]: "true" };
      }
      if (metadata.namespace === undefined && !isClusterWide(kind) && this.config.namespace !== undefined)
        metadata.namespace = this.config.namespace;
    }
    return { inputs, failures: [...failures, ...wrongObject(kind, inputs)] };
  }

  diff(_: Subject, __: string, olds: Properties, news: Properties): DiffAnswer {
    const settings = {
      configMapMutable: isTrue(this.config.enableConfigMapMutable),
      secretMutable: isTrue(this.config.enableSecretMutable),
    };
    const differences = differencesBetween(olds, news, belowAnyOf(forcesOf(kindOf(news), settings, news)), () => false);
    const sameFixedName =
      news.metadata?.annotations?.[autonamed] !== "true" &&
      olds.metadata?.name === news.metadata?.name &&
      namespaceOf(olds) === namespaceOf(news);
    return { differences, deleteBeforeReplace: sameFixedName };
  }

  async create(subject: Subject, inputs: Properties, preview: boolean): Promise<CreateAnswer> {
    if (preview) return { id: "", outputs: inputs };
    const connection = this.connected();
    const kind = kindOf(inputs);
    const namespace = isClusterWide(kind)
      ? undefined
      : namespaceFor(kind, inputs, connection.scope, this.cloud.account);
    const id = namespace === undefined ? inputs.metadata.name : `${namespace}/${inputs.metadata.name}`;
    const type = storedType(kind);
    const taken = this.cloud.account.get(type, connection.scope, id);
    if (taken !== undefined && !isTrue(this.config.upsertExistingObjects)) {
      throw new Refusal(
        "AlreadyExists",
        `${kind.kind} ${id} exists already in ${connection.scope}; import it, or set another name`,
      );
    }
    const generation = this.cloud.account.nextGeneration(subject.urn);
    const made = this.settle(subject, kind, namespace, id, inputs, generation, connection);
    const existing = taken === undefined ? made : appliedTo(taken, made);
    const companions = admit(existing, connection, this.cloud);
    this.cloud.account.put(existing, ...companions);
    return { id, outputs: existing.outputs };
  }

  async update(
    subject: Subject,
    id: string,
    olds: { inputs: Properties; outputs: Properties },
    inputs: Properties,
    preview: boolean,
  ): Promise<Properties> {
    if (preview) return { ...olds.outputs, ...inputs, metadata: { ...olds.outputs.metadata, ...inputs.metadata } };
    const connection = this.connected();
    const kind = kindOf(inputs);
    const before = this.cloud.account.get(storedType(kind), connection.scope, id);
    if (before === undefined) throw new Refusal("NotFound", `${kind.kind} ${id} does not exist in ${connection.scope}`);
    const { namespace } = before.outputs.metadata ?? {};
    const made = this.settle(subject, kind, namespace, id, inputs, before.generation, connection);
    const existing = before.othersFields === undefined ? made : withFields(before, made, before.othersFields);
    const companions = admit(existing, connection, this.cloud);
    this.cloud.account.put(existing, ...companions);
    return existing.outputs;
  }

  read(subject: Subject, id: string): ReadAnswer | undefined {
    const connection = connect(this.config, this.cloud.account);
    if (connection.unreachable !== undefined) {
      if (isTrue(this.config.deleteUnreachable)) return undefined;
      throw new Refusal("Unreachable", `configured Kubernetes cluster is unreachable: ${connection.unreachable}`);
    }
    const found = this.findAny(subject, connection.scope, id);
    return found === undefined ? undefined : { id, inputs: found.inputs, outputs: found.outputs };
  }

  async delete(subject: Subject, id: string): Promise<void> {
    const connection = connect(this.config, this.cloud.account);
    if (connection.unreachable !== undefined) {
      if (isTrue(this.config.deleteUnreachable)) return;
      throw new Refusal(
        "Unreachable",
        `configured Kubernetes cluster is unreachable: ${connection.unreachable}. Set deleteUnreachable to forget what was in it`,
      );
    }
    const existing = this.findAny(subject, connection.scope, id);
    if (existing === undefined) return;
    const { account } = this.cloud;
    const going = [existing, ...within(existing, account)];
    const changes = going.map((each) => depart(each, connection, this.cloud));
    account.put(...changes.flatMap(({ change }) => change));
    const also = changes.flatMap(({ remove }) => remove);
    account.remove(...going.map((each) => Account.key(each.type, each.scope, each.id)), ...also);
  }

  async invoke(token: string): Promise<never> {
    throw new Refusal("UnknownFunction", `the simulated cloud does not know ${token}`);
  }

  async construct(call: ConstructCall): Promise<ConstructAnswer> {
    if (call.type !== "kubernetes:helm.sh/v4:Chart") {
      throw new Refusal(
        "UnknownType",
        `the simulated cloud does not know component ${call.type}; expand it in simulator/cloud/expansions`,
      );
    }
    const connection = this.connected();
    return helmChart(call, {
      cloud: this.cloud,
      namespace: this.config.namespace ?? "default",
      scope: connection.scope,
      version: connection.eks?.outputs.version,
    });
  }

  private connected(): Connection {
    const connection = connect(this.config, this.cloud.account);
    if (connection.unreachable !== undefined) {
      throw new Refusal("Unreachable", `configured Kubernetes cluster is unreachable: ${connection.unreachable}`);
    }
    return connection;
  }

  private findAny(subject: Subject, scope: string, id: string): Existing | undefined {
    return this.cloud.account.ofType(storedTypeOf(subject.type)).find((each) => each.scope === scope && each.id === id);
  }

  private settle(
    subject: Subject,
    kind: Kind,
    namespace: string | undefined,
    id: string,
    inputs: Properties,
    generation: number,
    connection: Connection,
  ): Existing {
    const { account } = this.cloud;
    const uid = account.digits(subject.urn, generation, "uid", 12);
    const metadata = {
      ...inputs.metadata,
      ...(namespace === undefined ? {} : { namespace }),
      uid: `51300000-0000-0000-0000-${uid}`,
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: "2000-01-01T00:00:00Z",
    };
    const outputs: Properties = {
      ...inputs,
      metadata,
      ...statusOf(kind, inputs, (purpose) => account.digits(subject.urn, generation, purpose, 4)),
    };
    return {
      type: storedType(kind),
      name: subject.name,
      urn: subject.urn,
      id,
      scope: connection.scope,
      handles: [],
      claims: [],
      uses: [],
      inputs,
      outputs,
      generation,
    };
  }
}
