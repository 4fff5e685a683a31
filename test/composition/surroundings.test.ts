import { expect } from "chai";
import { surroundings, toolAddress } from "../../components/composition/surroundings";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, onApps, onTraining, told } from "../support/appContext";

const client = { clientId: "made-up-client", clientSecretName: "sign-in" };
const groups = { ops: "admin", science: "editor" };
const zone = { domain: "ml.example.com", zoneId: "Z0123456789EXAMPLE", groups };
const access = (signIn?: object) => ({ access: { ...zone, ...(signIn ? { signIn } : {}) } });
const github = { provider: "github", organization: "example-company", ...client };
const dummy = { access: { domain: "ml.test", signIn: { provider: "dummy" } } };

describe("what every app is told of its surroundings", () => {
  it("is exactly this, where people sign in and something monitors", () => {
    const context = appContext(onAws({}, access(github)), { monitors: [] });
    expect(surroundings(context, "hub", { key: "value" })).to.deep.equal({
      ready: context.cluster.ready,
      placement: onApps,
      storageClass: "made-up-disk",
      keepData: true,
      values: { key: "value" },
      address: { host: "hub.ml.example.com", url: "https://hub.ml.example.com", ingress: context.ingress },
      signIn: {
        provider: "github",
        organization: "example-company",
        clientId: "made-up-client",
        clientSecret: "clientSecret of sign-in",
        groups,
      },
      monitors: context.monitors,
    });
  });

  it("is the least without sign-in and monitoring, on a cluster that names no class of storage", () => {
    const context = appContext(onAws({ dataProtection: false }, access()));
    const { storageClass: _, ...cluster } = context.cluster;
    expect(surroundings({ ...context, cluster }, "hub", {})).to.deep.equal({
      ready: [],
      placement: onApps,
      keepData: false,
      values: {},
    });
  });

  it("follows the purpose to its nodes", () => {
    expect(surroundings(appContext(onAws({})), "hub", {}, "training").placement).to.deep.equal(onTraining);
  });

  for (const [what, config] of Object.entries({ "access at all": onAws({}), "sign-in": onAws({}, access()) })) {
    it(`publishes nothing without ${what}`, () => {
      const context = appContext(config);
      for (const tool of ["airflow", "mlflow", "hub", "grafana", "home"] as const) {
        expect(surroundings(context, tool, {})).to.not.have.any.keys("address", "signIn");
        expect(toolAddress(context, tool)).to.equal(undefined);
      }
    });
  }

  it("publishes models wherever there is access: they ask for a token themselves", () => {
    expect(toolAddress(appContext(onAws({})), "models")).to.equal(undefined);
    expect(toolAddress(appContext(onAws({}, access())), "models")?.url).to.equal("https://models.ml.example.com");
  });

  it("takes hosts as they are named: a label in front of the domain, or a full name", () => {
    const hosts = { hub: "notebooks", mlflow: "runs.ml.example.com" };
    const context = appContext(onAws({}, { access: { ...zone, hosts, signIn: github } }));
    expect(toolAddress(context, "hub")?.url).to.equal("https://notebooks.ml.example.com");
    expect(toolAddress(context, "mlflow")?.url).to.equal("https://runs.ml.example.com");
  });

  it("hands the name of a certificate's Secret on, and is plain HTTP only where the ingress says so", () => {
    const context = appContext(onExisting({}, dummy));
    const at = (over: object) => toolAddress({ ...context, ingress: { ...context.ingress, ...over } }, "home")!;
    const { ingress: _, ...plain } = at({ plainHttp: true });
    expect(plain).to.deep.equal({ host: "home.ml.test", url: "http://home.ml.test" });
    const { ingress: __, ...secured } = at({ tlsSecretName: "made-up-tls" });
    expect(secured).to.deep.equal({
      host: "home.ml.test",
      url: "https://home.ml.test",
      tlsSecretName: "made-up-tls",
    });
  });
});

describe("who people are, as every app is told", () => {
  const common = { clientId: "made-up-client", clientSecret: told("clientSecret of sign-in"), groups };
  const google = { provider: "google", hostedDomain: "example.com" };
  const oidc = { provider: "oidc", issuer: "https://id.example.com/realms/company" };
  const cases: [string, object, object][] = [
    ["github: by organization", github, { provider: "github", organization: "example-company", ...common }],
    ["google: by hosted domain", { ...google, ...client }, { ...google, ...common }],
    [
      "oidc: by issuer, groups by default in `groups`",
      { ...oidc, ...client },
      { ...oidc, groupsClaim: "groups", ...common },
    ],
    [
      "oidc: groups in the claim that is named",
      { ...oidc, groupsClaim: "roles", ...client },
      { ...oidc, groupsClaim: "roles", ...common },
    ],
    [
      "cognito: as the OpenID Connect provider that a pool is, in the pool's own region",
      { provider: "cognito", userPoolId: "eu-central-1_aBcDeFgHi", domainPrefix: "example-company", ...client },
      {
        provider: "oidc",
        issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aBcDeFgHi",
        groupsClaim: "cognito:groups",
        ...common,
      },
    ],
  ];
  for (const [title, signIn, expected] of cases) {
    it(title, () => {
      expect(surroundings(appContext(onAws({}, access(signIn))), "hub", {}).signIn).to.deep.equal(expected);
    });
  }

  it("dummy: nobody in particular, though tools have an address; no secret is read", () => {
    const readSecret = () => {
      throw new Error("no secret may be read");
    };
    const facts = surroundings(appContext(onExisting({}, dummy), { foundation: { readSecret } }), "hub", {});
    expect(facts).to.not.have.property("signIn");
    expect(facts.address?.host).to.equal("hub.ml.test");
  });
});
