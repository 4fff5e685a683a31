import { expect } from "chai";
import { graphOf } from "../../report/picture/graph";
import { dotOf, draw } from "../../report/picture/picture";
import { PlanIndex } from "../../report/planIndex";
import type { PlannedResource } from "../../simulator/plan";
import { planned, planOf } from "./plans";

const graph = (...resources: PlannedResource[]) => graphOf(new PlanIndex(planOf(...resources)));

const cluster = planned("aws:eks/cluster:Cluster", "eks", { version: "1.35" });
const bucket = planned("aws:s3/bucket:Bucket", "mlplatform-artifacts");
const mlflow = planned("mlplatform:apps:Mlflow", "mlflow");
const inMlflow = (name: string, ...needed: PlannedResource[]) => ({
  ...planned("kubernetes:core/v1:Secret", name),
  parent: mlflow.urn,
  dependencies: needed.map(({ urn }) => urn),
});

describe("The picture of a stack", () => {
  it("has a box for what people know, and the needs of all within", () => {
    const { boxes, edges } = graph(cluster, bucket, mlflow, inMlflow("secret", bucket), inMlflow("other", mlflow));
    expect(boxes.map(({ lines }) => lines)).to.deep.equal([
      ["EKS", "Kubernetes 1.35"],
      ["Bucket", "artifacts"],
      ["MLflow"],
    ]);
    expect(edges).to.deep.equal([[mlflow.urn, bucket.urn]]);
  });

  it("knows that what a provider makes needs what the provider needs", () => {
    const provider = { ...planned("pulumi:providers:kubernetes", "cluster"), dependencies: [cluster.urn] };
    const { edges } = graph(cluster, mlflow, provider, { ...inMlflow("secret"), provider: provider.urn });
    expect(edges).to.deep.equal([[mlflow.urn, cluster.urn]]);
  });

  it("stays readable with 1,000 models", () => {
    const models = Array.from({ length: 1_000 }, (_, at) =>
      planned("mlplatform:serving:ModelServer", `mlplatform-models-m${at}`),
    );
    expect(graph(...models).boxes.map(({ lines }) => lines)).to.deep.equal([["Flask", "1000 models"]]);
    expect(graph(...models.slice(0, 2)).boxes.map(({ lines }) => lines)).to.deep.equal([
      ["Flask", "m0"],
      ["Flask", "m1"],
    ]);
  });

  it("is drawn in the colour of the text around it, without what follows from other arrows", async () => {
    const needs = (from: string, to: string): [string, string] => [from, to];
    const boxes = ["a", "b", "c"].map((id) => ({ id, piece: "Models", lines: [`${id} "quoted" <b>`] }));
    const svg = await draw({ boxes, edges: [needs("a", "b"), needs("b", "c"), needs("a", "c")] });
    expect(svg).to.match(/^<svg role="img" aria-label="3 parts of the stack/);
    expect(svg).to.not.match(/black|<script|<!--|<b>/);
    expect(svg.match(/class="edge"/g)).to.have.length(2);
    expect(svg).to.contain("&quot;quoted&quot; &lt;b&gt;");
  });

  it("keeps names that Graphviz would read as its own language", () => {
    const dot = dotOf({ boxes: [{ id: "x", piece: 'a"b', lines: ["c\\d"] }], edges: [] });
    expect(dot).to.contain('label="a\\"b"').and.to.contain('label="c\\\\d"');
  });
});
