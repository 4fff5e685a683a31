import { expect } from "chai";
import { Certificate } from "../../../components/foundation/dns/certificate";
import { building, value } from "../../support/foundation";
import { inputs, outline } from "../../support/outline";

const make = () => new Certificate("certificate", { domain: "ml.example.com", zoneId: "Z0123456789EXAMPLE" });

describe("a certificate", () => {
  it("covers the domain and what is below it, and is proved by one DNS record", async () => {
    const made = await building(make);
    expect(outline(made)).to.deep.equal([
      "Certificate certificate",
      "  acm.Certificate certificate",
      "  acm.CertificateValidation certificate",
      "  route53.Record certificate",
    ]);
    expect(inputs(made, "acm.Certificate certificate")).to.deep.equal({
      domainName: "ml.example.com",
      subjectAlternativeNames: ["*.ml.example.com"],
      validationMethod: "DNS",
    });
    expect(inputs(made, "route53.Record certificate")).to.deep.equal({
      zoneId: "Z0123456789EXAMPLE",
      name: "_x",
      type: "CNAME",
      records: ["_y"],
      ttl: 300,
      allowOverwrite: true,
    });
  });

  it("tells its ARN once it is issued, not once it is asked for", async () => {
    const outputs = (type: string) => {
      if (type === "aws:acm/certificateValidation:CertificateValidation") return { certificateArn: "arn:issued" };
      const option = { resourceRecordName: "_x", resourceRecordType: "CNAME", resourceRecordValue: "_y" };
      return type === "aws:acm/certificate:Certificate"
        ? { arn: "arn:asked-for", domainValidationOptions: [option] }
        : { fqdn: "_x.ml.example.com" };
    };
    let certificate!: Certificate;
    const made = await building(() => (certificate = make()), { outputs });
    expect(inputs(made, "acm.CertificateValidation certificate")).to.deep.equal({
      certificateArn: "arn:asked-for",
      validationRecordFqdns: ["_x.ml.example.com"],
    });
    expect(await value(certificate.arn)).to.equal("arn:issued");
  });
});
