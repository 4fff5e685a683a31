/** Answers for the package `random`. Values follow from the URN, so that runs can be compared; they are not secret. */

import { Account, Refusal } from "./account";
import { belowAnyOf, differencesBetween } from "./differences";
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
} from "./provider";
import { factsOf } from "./sdk";
import { type Properties, secret, unknown } from "./values";

const sdk = "@pulumi/random";

export const randomPackage: ProviderPackage = {
  name: "random",
  sdk,
  acceptsSecrets: false,
  configure: (_, cloud) => new RandomProvider(cloud),
};

interface Kind {
  outputs: (inputs: Properties, draw: Draw) => { id: string; outputs: Properties };
  computed: string[];
  secrets?: string[];
}

/** Gives numbers from 0 to 255 that follow from the URN. */
type Draw = (count: number) => number[];

function text(inputs: Properties, draw: Draw): string {
  const length = Number(inputs.length);
  const classes: [string, string, string][] = [
    ["lower", "minLower", "abcdefghijklmnopqrstuvwxyz"],
    ["upper", "minUpper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
    ["numeric", "minNumeric", "0123456789"],
    ["special", "minSpecial", inputs.overrideSpecial || "!@#$%&*()-_=+[]{}<>:?"],
  ];
  const used = classes.filter(
    ([name]) => inputs[name] !== false && inputs[name === "numeric" ? "number" : name] !== false,
  );
  const wanted = used.map(([, least, letters]) => ({ letters, least: Number(inputs[least] ?? 0) }));
  const sum = wanted.reduce((total, { least }) => total + least, 0);
  if (sum > length)
    throw new Refusal("InvalidLength", `length ${length} is less than the ${sum} characters that the minimums ask for`);
  if (used.length === 0) throw new Refusal("InvalidCharacters", "no kind of character is left");
  const numbers = draw(length);
  const all = used.map(([, , letters]) => letters).join("");
  const first = wanted.flatMap(({ letters, least }) => Array.from({ length: least }, () => letters));
  return numbers.map((number, index) => (first[index] ?? all)[number % (first[index] ?? all).length]).join("");
}

function bytes(length: number, draw: Draw): { buffer: Buffer; forms: Properties } {
  const buffer = Buffer.from(draw(length));
  return { buffer, forms: { hex: buffer.toString("hex"), base64: buffer.toString("base64") } };
}

const kinds: Record<string, Kind> = {
  RandomPassword: {
    computed: ["result", "bcryptHash"],
    secrets: ["result", "bcryptHash"],
    outputs: (inputs, draw) => {
      const result = text(inputs, draw);
      return { id: "none", outputs: { result, bcryptHash: `simulated-bcrypt-${draw(4).join("")}` } };
    },
  },
  RandomString: {
    computed: ["result"],
    outputs: (inputs, draw) => ({ id: text(inputs, draw), outputs: { result: text(inputs, draw) } }),
  },
  RandomId: {
    computed: ["hex", "b64Std", "b64Url", "dec"],
    outputs: (inputs, draw) => {
      const { buffer, forms } = bytes(Number(inputs.byteLength), draw);
      const prefix = inputs.prefix ?? "";
      const url = buffer.toString("base64url");
      return {
        id: url,
        outputs: {
          hex: prefix + forms.hex,
          b64Std: prefix + forms.base64,
          b64Url: prefix + url,
          dec: `${prefix}${BigInt(`0x${forms.hex}`)}`,
        },
      };
    },
  },
  RandomBytes: {
    computed: ["hex", "base64"],
    secrets: ["hex", "base64"],
    outputs: (inputs, draw) => ({ id: "none", outputs: bytes(Number(inputs.length), draw).forms }),
  },
  RandomPet: {
    computed: [],
    outputs: (inputs, draw) => ({
      id: `${inputs.prefix ? `${inputs.prefix}-` : ""}simulated-pet-${draw(3).join("")}`,
      outputs: {},
    }),
  },
  RandomInteger: {
    computed: ["result"],
    outputs: (inputs, draw) => {
      const span = inputs.max - inputs.min + 1;
      const result = inputs.min + (draw(4).reduce((sum, number) => sum * 256 + number, 0) % span);
      return { id: String(result), outputs: { result } };
    },
  },
  RandomUuid: {
    computed: ["result"],
    outputs: (_, draw) => {
      const hex = Buffer.from(draw(16)).toString("hex");
      const result = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
      return { id: result, outputs: { result } };
    },
  },
};

/** Only write-once settings exist: any change makes a new value. */
const forced = belowAnyOf([
  "length",
  "byteLength",
  "prefix",
  "keepers",
  "lower",
  "upper",
  "numeric",
  "number",
  "special",
  "overrideSpecial",
  "minLower",
  "minUpper",
  "minNumeric",
  "minSpecial",
  "min",
  "max",
  "seed",
  "separator",
]);

class RandomProvider implements Provider {
  constructor(private readonly cloud: Cloud) {}

  check(subject: Subject, _: Properties, inputs: Properties): CheckAnswer {
    kindOf(subject);
    const failures: Failure[] = (factsOf(sdk, subject.type)?.required ?? [])
      .filter((property) => inputs[property] === undefined)
      .map((property) => ({ property, reason: "is required, and nothing is given" }));
    return { inputs, failures };
  }

  diff(_: Subject, __: string, olds: Properties, news: Properties): DiffAnswer {
    return { differences: differencesBetween(olds, news, forced), deleteBeforeReplace: false };
  }

  async create(subject: Subject, inputs: Properties, preview: boolean): Promise<CreateAnswer> {
    const kind = kindOf(subject);
    if (preview)
      return {
        id: "",
        outputs: {
          ...inputs,
          ...Object.fromEntries(kind.computed.map((property) => [property, marked(kind, property, unknown)])),
        },
      };
    const { account } = this.cloud;
    const generation = account.nextGeneration(subject.urn);
    const draw: Draw = (count) =>
      Array.from({ length: count }, (_, index) =>
        Number.parseInt(account.digits(subject.urn, generation, `draw ${index}`, 2), 16),
      );
    const { id, outputs } = kind.outputs(inputs, draw);
    const unique = id === "none" ? `none-${account.digits(subject.urn, generation, "id", 16)}` : id;
    account.put({
      type: subject.type,
      name: subject.name,
      urn: subject.urn,
      id: unique,
      scope: "random",
      handles: [],
      claims: [],
      uses: [],
      inputs,
      outputs: { ...inputs, ...outputs },
      generation,
    });
    return { id: unique, outputs: told(kind, { ...inputs, ...outputs }) };
  }

  async update(_: Subject, __: string, olds: { outputs: Properties }, inputs: Properties): Promise<Properties> {
    return { ...olds.outputs, ...inputs };
  }

  read(subject: Subject, id: string): ReadAnswer | undefined {
    const found = this.cloud.account.get(subject.type, "random", id);
    return found === undefined
      ? undefined
      : { id, inputs: found.inputs, outputs: told(kindOf(subject), found.outputs) };
  }

  async delete(subject: Subject, id: string): Promise<void> {
    this.cloud.account.remove(Account.key(subject.type, "random", id));
  }

  async invoke(token: string): Promise<never> {
    throw new Refusal("UnknownFunction", `the simulated cloud does not know ${token}`);
  }
}

function kindOf(subject: Subject): Kind {
  const kind = kinds[subject.type.split(":").at(-1)!];
  if (kind === undefined)
    throw new Refusal(
      "UnknownType",
      `the simulated cloud does not know ${subject.type}; describe it in simulator/cloud/random.ts`,
    );
  return kind;
}

function marked(kind: Kind, property: string, value: unknown): unknown {
  return kind.secrets?.includes(property) ? secret(value) : value;
}

function told(kind: Kind, outputs: Properties): Properties {
  return Object.fromEntries(
    Object.entries(outputs).map(([property, value]) => [property, marked(kind, property, value)]),
  );
}
