import { expect } from "chai";
import { LandingPage, type LandingPageArgs } from "../../components/apps/landingPage";
import { landingPageHtml, landingPagePolicy } from "../../components/apps/landingPageHtml";
import { building, Follower, Marker } from "../support/foundation";
import { dependencies, inputs, outline, waitedFor } from "../support/outline";

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
