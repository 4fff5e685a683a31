import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import { signInProxyImage, signInProxyPort } from "../../charts/values/signInProxy";
import { LandingPage, type LandingPageArgs } from "../../components/apps/landingPage/component";
import { landingPageHtml, landingPagePolicy } from "../../components/apps/landingPage/html";
import type { SignIn } from "../../components/contracts/app";
import { building, Follower, Marker } from "../support/foundation";
import { dependencies, inputs, outline, secretInputs, waitedFor } from "../support/outline";

const airflow = { title: "Airflow", url: "https://airflow.ml.example.com", sentence: "Pipelines and their runs." };
const mlflow = { title: "MLflow", url: "https://mlflow.ml.example.com", sentence: "Runs & models." };

describe("the landing page", () => {
  it("is exactly this", () => {
    const html = landingPageHtml({ title: "ML platform", tools: [airflow, mlflow] });
    const style = /<style>[\s\S]*<\/style>/.exec(html)![0];
    expect(html.replace(style, "<style></style>")).to.equal(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ML platform</title>
<style></style>
</head>
<body>
<main>
<h1>ML platform</h1>
<ul>
<li><a href="https://airflow.ml.example.com"><strong>Airflow</strong><span>Pipelines and their runs.</span></a></li>
<li><a href="https://mlflow.ml.example.com"><strong>MLflow</strong><span>Runs &amp; models.</span></a></li>
</ul>
</main>
</body>
</html>
`);
  });

  it("says so where there is nothing to list", () => {
    expect(landingPageHtml({ title: "Empty", tools: [] }))
      .to.contain("no tools yet")
      .and.not.contain("<ul>");
  });

  it("shows texts as texts, whatever is in them", () => {
    const nasty = `"><script>alert('x')</script>&`;
    const html = landingPageHtml({
      title: nasty,
      tools: [{ title: nasty, url: `https://x/${nasty}`, sentence: nasty }],
    });
    const shown = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";
    expect(html).not.to.contain("<script");
    expect(html.split(shown)).to.have.length(6);
  });

  it("links to the web only", () => {
    const url = "javascript:alert(1)";
    expect(() => landingPageHtml({ title: "x", tools: [{ title: "Bad", url, sentence: "" }] })).to.throw(
      "The address of Bad is javascript:alert(1)",
    );
  });

  it("runs no script, fetches nothing, and applies the one style it has", () => {
    expect(landingPagePolicy).to.match(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}=';/);
    expect(landingPagePolicy).not.to.contain("script-src").and.not.to.contain("unsafe");
  });
});

describe("the landing page's service", () => {
  const k8s = (kind: string) => `kubernetes:${kind} home`;
  const deployment = k8s("apps/v1:Deployment");
  const page = (over: Partial<LandingPageArgs> = {}) =>
    new LandingPage("home", {
      title: "ML platform",
      tools: [airflow],
      ready: [new Marker("cluster")],
      placement: { nodeSelector: { "mlplatform/purpose": "apps" }, tolerations: [] },
      address: {
        host: "home.ml.example.com",
        url: "https://home.ml.example.com",
        ingress: { className: "alb", annotations: {}, ready: [new Marker("balancers")] },
      },
      ...over,
    });

  interface PodTemplate {
    metadata: { annotations: Record<string, string> };
    spec: { containers: Record<string, unknown>[]; [key: string]: unknown };
  }
  const template = async (over: Partial<LandingPageArgs> = {}) => {
    const { spec } = inputs(await building(() => page(over)), deployment) as { spec: { template: PodTemplate } };
    return spec.template;
  };

  it("is a namespace, a page, pods that serve it and an address", async () => {
    const made = await building(() => page());
    expect(outline(made)).to.deep.equal([
      "LandingPage home",
      `  ${deployment}`,
      `  ${k8s("core/v1:ConfigMap")}`,
      `  ${k8s("core/v1:Namespace")}`,
      `  ${k8s("core/v1:Service")}`,
      `  ${k8s("networking.k8s.io/v1:Ingress")}`,
      `  ${k8s("networking.k8s.io/v1:NetworkPolicy")}`,
    ]);
    const { data } = inputs(made, k8s("core/v1:ConfigMap")) as { data: Record<string, string> };
    expect(data["index.html"]).to.equal(landingPageHtml({ title: "ML platform", tools: [airflow] }));
    expect(data["server.conf"]).to.contain(`add_header Content-Security-Policy "${landingPagePolicy}" always;`);
    expect(inputs(made, k8s("networking.k8s.io/v1:Ingress"))).to.deep.nested.include({
      "spec.rules[0].host": "home.ml.example.com",
      "spec.rules[0].http.paths[0].backend": { service: { name: "home", port: { number: 8080 } } },
      "metadata.annotations": { "alb.ingress.kubernetes.io/healthcheck-path": "/healthz" },
    });
    expect(inputs(made, k8s("core/v1:Namespace")).metadata).to.deep.equal({
      name: "home",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
  });

  it("may do nothing but serve: no root, no token, no write, no way out", async () => {
    const { spec } = await template();
    expect(spec).to.deep.include({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 101,
        runAsGroup: 101,
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
    expect(spec.containers).to.have.length(1);
    expect(spec.containers[0]!.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(spec.containers[0]!.image).to.match(/:\d+\.\d+\.\d+-alpine$/);
    const made = await building(() => page());
    expect(inputs(made, k8s("networking.k8s.io/v1:NetworkPolicy")).spec).to.deep.equal({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ port: 8080, protocol: "TCP" }] }],
    });
  });

  const signIn: SignIn = {
    provider: "github",
    organization: "Example",
    clientId: "made-up-client",
    clientSecret: pulumi.secret("made-up-client-secret"),
    groups: { platform: "admin", Readers: "viewer" },
  };

  it("is behind the sign-in where people sign in: the page itself is open to its own pod alone", async () => {
    const made = await building(() => page({ signIn }), {
      outputs: (type) => (type.startsWith("random:") ? { result: "made-up-cookie" } : {}),
    });
    expect(outline(made)).to.include.members([
      `  ${k8s("core/v1:Secret")}`,
      "  random:index/randomPassword:RandomPassword home-cookie",
    ]);
    expect(inputs(made, "random:index/randomPassword:RandomPassword home-cookie")).to.include({ length: 32 });
    expect(inputs(made, k8s("core/v1:Secret")).stringData).to.deep.equal({
      OAUTH2_PROXY_CLIENT_SECRET: "made-up-client-secret",
      OAUTH2_PROXY_COOKIE_SECRET: "made-up-cookie",
    });
    for (const line of secretInputs(made)) expect(line).to.match(/^kubernetes:core\/v1:Secret home: stringData$/);
    const { data } = inputs(made, k8s("core/v1:ConfigMap")) as { data: Record<string, string> };
    expect(data["server.conf"]!.match(/listen .*/g)).to.deep.equal(["listen 127.0.0.1:8080;"]);
    expect(inputs(made, k8s("core/v1:Service"))).to.have.nested.property("spec.ports[0].port", 4180);
    expect(inputs(made, k8s("networking.k8s.io/v1:Ingress"))).to.deep.nested.include({
      "spec.rules[0].http.paths[0].backend": { service: { name: "home", port: { number: 4180 } } },
      "metadata.annotations": { "alb.ingress.kubernetes.io/healthcheck-path": "/ping" },
    });
    expect(inputs(made, k8s("networking.k8s.io/v1:NetworkPolicy")).spec).to.deep.equal({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ port: 4180, protocol: "TCP" }] }],
      egress: [
        {
          ports: [
            { port: 53, protocol: "UDP" },
            { port: 53, protocol: "TCP" },
          ],
        },
        { ports: [{ port: 443, protocol: "TCP" }] },
      ],
    });
    const { spec } = (inputs(made, deployment) as { spec: { template: PodTemplate } }).spec.template;
    const [nginx, proxy] = spec.containers as [Record<string, unknown>, Record<string, unknown>];
    expect(nginx).to.not.have.any.keys("readinessProbe", "livenessProbe");
    expect(proxy.securityContext).to.deep.equal(nginx.securityContext);
    expect(proxy.args).to.include.members([
      "--http-address=0.0.0.0:4180",
      "--upstream=http://127.0.0.1:8080",
      "--github-org=Example",
      "--redirect-url=https://home.ml.example.com/oauth2/callback",
      "--cookie-secure=true",
      "--cookie-name=_home_sign_in",
      "--allowed-group=example:platform",
      "--allowed-group=example:readers",
    ]);
  });

  it("lets in the groups of an OpenID provider that have a role, by its own port; on Google the domain", async () => {
    const { provider: _, organization: __, ...who } = signIn as Extract<SignIn, { provider: "github" }>;
    const built = async (given: SignIn) => {
      const made = await building(() => page({ signIn: given }));
      const policy = inputs(made, k8s("networking.k8s.io/v1:NetworkPolicy")) as {
        spec: { egress: { ports: { port: number }[] }[] };
      };
      const { spec } = (inputs(made, deployment) as { spec: { template: PodTemplate } }).spec.template;
      return {
        allowed: (spec.containers[1]!.args as string[]).filter((each) => /group=|domain=/.test(each)),
        ports: policy.spec.egress[1]!.ports.map(({ port }) => port),
      };
    };
    const oidc = { provider: "oidc", issuer: "https://id.example.com:8443/realm", groupsClaim: "roles" } as const;
    expect(await built({ ...who, ...oidc })).to.deep.equal({
      allowed: ["--email-domain=*", "--allowed-group=platform", "--allowed-group=Readers"],
      ports: [443, 8443],
    });
    expect(await built({ ...who, provider: "google", hostedDomain: "example.com" })).to.deep.equal({
      allowed: ["--email-domain=example.com"],
      ports: [443],
    });
  });

  it("has the proxy of MLflow's own chart", () => {
    const { signIn: proxy } = parse(readFileSync("charts/mlflow/values.yaml", "utf8"));
    expect([`${proxy.image.repository}:${proxy.image.tag}`, proxy.port]).to.deep.equal([
      signInProxyImage,
      signInProxyPort,
    ]);
  });

  it("starts its pods anew when the page changes, and only then", async () => {
    const hash = async (over: Partial<LandingPageArgs> = {}) => (await template(over)).metadata.annotations;
    expect(await hash()).to.deep.equal(await hash());
    expect(await hash({ tools: [airflow, mlflow] })).not.to.deep.equal(await hash());
  });

  it("goes before what publishes it", async () => {
    const made = await building(() => page());
    expect(dependencies(made, k8s("networking.k8s.io/v1:Ingress"))).to.include("test:index:Marker balancers");
    const waited = waitedFor(await building(() => new Follower(page().ready)));
    expect(waited).to.deep.equal([k8s("networking.k8s.io/v1:Ingress")]);
  });
});
