/** Systems Manager parameters. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
import { describeTypes, like, longest, oneOf } from "./describe";
import * as type from "./tokens";

describeTypes({
  type: "aws:ssm/parameter:Parameter",
  id: (x) => x.inputs.name,
  arn: (x) => `arn:aws:ssm:${x.region}:${x.account.number}:parameter/${String(x.inputs.name).replace(/^\//, "")}`,
  name: { longest: 1011, allowed: /^[a-zA-Z0-9_.\-/]+$/, allowedMeans: "letters, digits and _.-/" },
  refs: { keyId: type.keyReference },
  limits: [
    oneOf("type", "String", "StringList", "SecureString"),
    oneOf("tier", "Standard", "Advanced", "Intelligent-Tiering"),
    longest("value", 8192),
    longest("description", 1024),
    like("dataType", /^(text|aws:ec2:image|aws:ssm:integration)$/, "text, aws:ec2:image, aws:ssm:integration"),
  ],
  secretOutputs: ["value"],
  computed: {
    version: () => 1,
    tier: () => "Standard",
    dataType: () => "text",
    insecureValue: () => "",
    keyId: () => "",
  },
});
