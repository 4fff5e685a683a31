import { expect } from "chai";
import { paragraph, type ReportDocument, table } from "../../report/document";
import { html } from "../../report/html";
import { markdown } from "../../report/markdown";
import { previewedPlan } from "../../report/previewedPlan";
import { colours } from "../../report/style";

const shown: ReportDocument = {
  title: "Stack <dev>",
  summary: ["Cost a month: $1.00; see `npm run prices`"],
  sections: [
    {
      id: "cost",
      title: "Cost",
      blocks: [
        paragraph("Read https://example.com/prices, then <script>alert(1)</script>."),
        table("By piece", ["Piece", "Idle"], [1], [["a|b", "$1.00"]]),
      ],
    },
  ],
};

/** Relative luminance. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe("The page of a report", () => {
  const page = html(shown);

  it("is whole by itself: it loads and runs nothing, and says so to the browser", () => {
    expect(page).to.not.match(/<script|<link|<img|<iframe|\bsrc=|url\(|@import/);
    expect(page).to.contain("default-src 'none'");
  });

  it("shows text of a stack as text", () => {
    expect(page).to.contain("<title>Stack &lt;dev&gt;</title>");
    expect(page).to.contain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).to.contain('<a href="https://example.com/prices">https://example.com/prices</a>, then');
    expect(page).to.contain("<code>npm run prices</code>");
  });

  it("can be read with a keyboard and a screen reader", () => {
    expect(page).to.match(/<html lang="en">/);
    expect(page).to.contain('<a class="skip" href="#report">');
    expect(page).to.contain('role="region" aria-label="By piece"');
    expect(page).to.contain('<th scope="col">Piece</th>').and.to.contain('<th scope="row">a|b</th>');
  });

  for (const [scheme, { text, page: ground, soft, line, link }] of Object.entries(colours)) {
    it(`has enough contrast in ${scheme}`, () => {
      for (const behind of [ground, soft]) {
        expect(contrast(text, behind), "text").to.be.greaterThan(7);
        expect(contrast(link, behind), "links").to.be.greaterThan(7);
      }
      expect(contrast(line, ground), "lines").to.be.greaterThan(3);
    });
  }
});

describe("The report in a pull request", () => {
  it("says first what matters, and folds tables away", () => {
    const text = markdown(shown);
    expect(text.split("\n").slice(0, 3)).to.deep.equal(["### Stack <dev>", "", `- ${shown.summary[0]}`]);
    expect(text).to.contain("<details><summary>By piece (1)</summary>");
    expect(text).to.contain("| a\\|b | $1.00 |");
  });

  it("cuts long tables and says so", () => {
    const rows = Array.from({ length: 100 }, (_, at) => [`line ${at}`]);
    const long = { ...shown, sections: [{ id: "x", title: "X", blocks: [table("All", ["Name"], [], rows)] }] };
    expect(markdown(long)).to.contain("| line 39 |").and.to.contain("and 60 more");
    expect(markdown(long)).to.not.contain("line 40");
    expect(html(long)).to.contain("line 99");
    const wide = {
      ...shown,
      sections: [{ id: "x", title: "X", blocks: [table("All", ["A"], [], [["x".repeat(999)]])] }],
    };
    expect(markdown(wide)).to.contain(`| ${"x".repeat(240)}… |`);
  });
});

describe("A plan that Pulumi previewed", () => {
  const urn = "urn:pulumi:dev::mlplatform::aws:s3/bucket:Bucket::artifacts";
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

  it("has each resource once, with what is not known yet named", () => {
    const newState = { urn, type: "aws:s3/bucket:Bucket", inputs: { bucket: unknown, forceDestroy: true } };
    const steps = ["create-replacement", "replace"].map((op) => ({ op, urn, newState }));
    const gone = { op: "delete", urn: "urn:gone", oldState: { urn: "urn:gone", type: "aws:s3/bucket:Bucket" } };
    const { plan, before } = previewedPlan("dev", JSON.stringify({ steps: [...steps, gone] }));
    const { resources } = plan;
    expect(resources).to.have.length(1);
    expect(resources[0]).to.deep.include({ name: "artifacts", inputs: { bucket: "[unknown]", forceDestroy: true } });
    expect(before.plan.resources.map((each) => each.urn)).to.deep.equal(["urn:gone"]);
    expect(before.changes.map(({ op }) => op)).to.deep.equal(["replace", "delete"]);
  });

  it("refuses anything else", () => {
    for (const text of ["", "Previewing update", "{}"])
      expect(() => previewedPlan("dev", text)).to.throw("not what `pulumi preview --json` prints");
  });
});
