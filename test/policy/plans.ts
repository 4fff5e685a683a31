import type { Resource } from "../../policy/resource";

type Inputs = Record<string, unknown>;

/** A resource as rules see it: what is not said is empty. */
export const resource = (type: string, props: Inputs = {}, more: Partial<Resource> = {}): Resource => ({
  ...{ urn: `urn:pulumi:prod::shop::${type}::thing`, type, name: "thing" },
  ...{ protect: false, dependencies: [], props, provider: {} },
  ...more,
});

const statement = (more: Inputs = {}) => ({
  policy: JSON.stringify({
    Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::shop/*", ...more }],
  }),
});
const role = (more: Inputs) => resource("aws:iam/rolePolicy:RolePolicy", statement(more));

const attachment = (policy: string) =>
  resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", { policyArn: `arn:aws:iam::aws:policy/${policy}` });

const pod = (container: Inputs = {}, spec: Inputs = {}) =>
  resource("kubernetes:apps/v1:Deployment", {
    spec: {
      template: { spec: { containers: [{ ...{ name: "web", image: "shop/web:1.2" }, ...container }], ...spec } },
    },
  });
const held = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};
const goodPod = pod({ securityContext: held });
const withContext = (more: Inputs) => pod({ securityContext: { ...held, ...more } });

const bucket = resource("aws:s3/bucket:Bucket", { bucket: "shop" }, { protect: true });
/** A part of the bucket, found by its name or, before the name is known, by what it waits for. */
const part = (type: string, props: Inputs, byName = true) =>
  resource(
    `aws:s3/bucket${type}:Bucket${type}`,
    { bucket: byName ? "shop" : "[unknown]", ...props },
    {
      urn: `urn:pulumi:prod::shop::aws:s3/bucket${type}:Bucket${type}::part`,
      dependencies: byName ? [] : [bucket.urn],
    },
  );
const locks = {
  ...{ blockPublicAcls: true, blockPublicPolicy: true },
  ...{ ignorePublicAcls: true, restrictPublicBuckets: true },
};
const parts = {
  block: part("PublicAccessBlock", locks),
  encryption: part("ServerSideEncryptionConfiguration", {
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "[unknown]" } }],
  }),
  policy: part(
    "Policy",
    statement({ Effect: "Deny", Principal: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    false,
  ),
  versioning: part("Versioning", { versioningConfiguration: { status: "Enabled" } }, false),
};
const bucketWithout = (missing: keyof typeof parts): Resource[] => [
  bucket,
  ...Object.entries(parts).flatMap(([name, each]) => (name === missing ? [] : [each])),
];

/** The bucket has itself what else is a resource of its own. */
const withInline = (missing: keyof typeof parts, props: Inputs): Resource[] => [
  { ...bucket, props: { ...bucket.props, ...props } },
  ...bucketWithout(missing).slice(1),
];

const namespace = resource("kubernetes:core/v1:Namespace", { metadata: { name: "shop" } });
const policyFor = (spec: Inputs, inside = "shop") =>
  resource(
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    { metadata: { name: "closed", namespace: inside }, spec },
    { urn: "urn:pulumi:prod::shop::kubernetes:networking.k8s.io/v1:NetworkPolicy::closed" },
  );

const egress = (more: Inputs) =>
  resource("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", {
    cidrIpv4: "0.0.0.0/0",
    ipProtocol: "tcp",
    ...more,
  });
const listener = (more: Inputs) => resource("aws:lb/listener:Listener", { protocol: "HTTP", ...more });
const template = (metadataOptions: Inputs) =>
  resource("aws:ec2/launchTemplate:LaunchTemplate", { instanceType: "m7i.large", metadataOptions });
const ingress = (annotations: Inputs, spec: Inputs = {}) =>
  resource("kubernetes:networking.k8s.io/v1:Ingress", {
    metadata: {
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value]),
      ),
    },
    spec,
  });
const log = (more: Inputs) =>
  resource("aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 30, kmsKeyId: "[unknown]", ...more });
const database = (more: Inputs = {}, protect = true) =>
  resource(
    "aws:rds/instance:Instance",
    {
      ...{ storageEncrypted: true, kmsKeyId: "[unknown]", deletionProtection: true, backupRetentionPeriod: 7 },
      ...{ instanceClass: "db.m7g.large", ...more },
    },
    { protect },
  );

const aurora = (more: Inputs = {}, protect = true) =>
  resource(
    "aws:rds/cluster:Cluster",
    { ...{ storageEncrypted: true, kmsKeyId: "[unknown]", deletionProtection: true }, ...more },
    { protect },
  );

interface Case {
  /** Plans in which this rule, and no other, finds something. */
  bad: Resource[][];
  /** Plans in which no rule finds anything. */
  good: Resource[][];
  config?: Inputs;
}

/** For each rule what it refuses and what it lets pass. */
export const cases: Readonly<Record<string, Case>> = {
  "encryption-at-rest": {
    bad: [
      [log({ kmsKeyId: undefined })],
      [database({ storageEncrypted: false })],
      [resource("aws:secretsmanager/secret:Secret")],
      [resource("aws:efs/fileSystem:FileSystem", { encrypted: true }, { protect: true })],
      [resource("aws:sqs/queue:Queue")],
      [
        resource("aws:ec2/launchTemplate:LaunchTemplate", {
          metadataOptions: { httpTokens: "required" },
          blockDeviceMappings: [{ ebs: { encrypted: "false" } }],
        }),
      ],
    ],
    good: [
      [log({})],
      [resource("aws:sqs/queue:Queue", { sqsManagedSseEnabled: true })],
      [
        resource("aws:sagemaker/endpointConfiguration:EndpointConfiguration", {
          productionVariants: [{ serverlessConfig: { maxConcurrency: 5 } }],
        }),
      ],
    ],
  },
  "bucket-encryption": {
    bad: [
      bucketWithout("encryption"),
      withInline("encryption", { serverSideEncryptionConfiguration: "[unknown]" }),
      withInline("encryption", {
        serverSideEncryptionConfiguration: {
          rule: { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } },
        },
      }),
    ],
    good: [
      [bucket, ...Object.values(parts)],
      withInline("encryption", {
        serverSideEncryptionConfiguration: {
          rule: { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "k" } },
        },
      }),
      withInline("encryption", {
        serverSideEncryptionConfigurations: [
          { rules: [{ applyServerSideEncryptionByDefaults: [{ sseAlgorithm: "aws:kms", kmsMasterKeyId: "k" }] }] },
        ],
      }),
    ],
  },
  "bucket-public-access": {
    bad: [
      bucketWithout("block"),
      [...bucketWithout("block"), part("PublicAccessBlock", { ...locks, blockPublicPolicy: false })],
    ],
    good: [[bucket, ...Object.values(parts)]],
  },
  "bucket-tls": {
    bad: [bucketWithout("policy"), withInline("policy", { policy: "[unknown]" })],
    good: [
      [bucket, ...bucketWithout("policy").slice(1), part("Policy", { policy: "[unknown]" })],
      withInline("policy", { policy: parts.policy.props.policy }),
    ],
  },
  "bucket-versioning": {
    bad: [
      bucketWithout("versioning"),
      withInline("versioning", { versioning: { enabled: false } }),
      withInline("versioning", { versioning: "[unknown]" }),
    ],
    good: [
      [bucket, ...Object.values(parts)],
      withInline("versioning", { versioning: { enabled: true } }),
      withInline("versioning", { versionings: [{ enabled: true }] }),
    ],
  },
  "key-rotation": {
    bad: [[resource("aws:kms/key:Key", {}, { protect: true })]],
    good: [
      [resource("aws:kms/key:Key", { enableKeyRotation: true }, { protect: true })],
      [resource("aws:kms/key:Key", { customerMasterKeySpec: "RSA_2048" }, { protect: true })],
    ],
  },
  "no-public-access": {
    bad: [
      [database({ publiclyAccessible: true })],
      [resource("aws:rds/clusterInstance:ClusterInstance", { publiclyAccessible: true })],
      [
        resource("aws:eks/cluster:Cluster", {
          deletionProtection: true,
          encryptionConfig: { provider: { keyArn: "k" } },
        }),
      ],
      [resource("aws:lambda/functionUrl:FunctionUrl", { authorizationType: "NONE" })],
      [resource("aws:sagemaker/notebookInstance:NotebookInstance", { kmsKeyId: "k" })],
    ],
    good: [
      [
        resource("aws:eks/cluster:Cluster", {
          ...{ deletionProtection: true, encryptionConfig: { provider: { keyArn: "k" } } },
          vpcConfig: { endpointPublicAccess: true, publicAccessCidrs: ["203.0.113.0/24"] },
        }),
      ],
      [part("Policy", statement({ Effect: "Deny", Principal: "*" }))],
    ],
  },
  "open-ports": {
    bad: [
      [egress({ fromPort: 22, toPort: 22 })],
      [egress({ ipProtocol: "-1" })],
      [egress({ fromPort: 0, toPort: 443 })],
      [
        resource("aws:ec2/securityGroup:SecurityGroup", {
          ingress: [{ protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] }],
        }),
      ],
      [
        resource("aws:ec2/securityGroupRule:SecurityGroupRule", {
          type: "ingress",
          protocol: "tcp",
          fromPort: 80,
          toPort: 80,
          ipv6CidrBlocks: ["::/0"],
        }),
      ],
    ],
    good: [[egress({ fromPort: 443, toPort: 443 })], [egress({ cidrIpv4: "10.0.0.0/8", ipProtocol: "-1" })]],
  },
  "listener-tls": {
    bad: [
      [listener({ defaultActions: [{ type: "forward" }] })],
      [ingress({ "listen-ports": '[{"HTTP":80}]' })],
      [ingress({})],
    ],
    good: [
      [listener({ defaultActions: [{ type: "redirect" }] })],
      [listener({ protocol: "HTTPS", defaultActions: [{ type: "forward" }] })],
      [ingress({ "listen-ports": '[{"HTTP":80},{"HTTPS":443}]', "ssl-redirect": "443" })],
      [ingress({ "certificate-arn": "[unknown]" })],
      [ingress({}, { tls: [{ hosts: ["shop.example.com"] }] })],
    ],
  },
  "database-tls": {
    bad: [
      [resource("aws:rds/parameterGroup:ParameterGroup", { family: "postgres14" })],
      [
        resource("aws:rds/parameterGroup:ParameterGroup", {
          family: "postgres17",
          parameters: [{ name: "rds.force_ssl", value: "0" }],
        }),
      ],
    ],
    good: [
      [resource("aws:rds/parameterGroup:ParameterGroup", { family: "postgres17" })],
      [resource("aws:rds/parameterGroup:ParameterGroup", { family: "mysql8.0" })],
    ],
  },
  "instance-metadata": {
    bad: [[template({})], [template({ httpTokens: "optional" })], [resource("aws:ec2/instance:Instance")]],
    good: [[template({ httpTokens: "required" })], [template({ httpEndpoint: "disabled" })]],
  },
  "iam-actions": {
    bad: [[role({ Action: "s3:Get*" })], [role({ Action: undefined, NotAction: "iam:*" })]],
    good: [[role({})], [role({ Effect: "Deny", Action: "*" })]],
  },
  "iam-resources": {
    bad: [
      [role({ Resource: "*" })],
      [role({ Resource: "arn:aws:s3:::*" })],
      [role({ Action: "sqs:SendMessage", Resource: ["arn:aws:sqs:eu-west-1:111122223333:*"] })],
      [role({ Resource: undefined, NotResource: "arn:aws:s3:::other/*" })],
    ],
    good: [
      [role({ Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:111122223333:shop-*" })],
      [role({ Action: "ecr:GetAuthorizationToken", Resource: "*" })],
      [role({ Action: "shop:Buy", Resource: "*" })],
    ],
    config: { anyResource: ["shop:Buy"] },
  },
  "iam-managed-policies": {
    bad: [
      [attachment("AdministratorAccess")],
      [attachment("service-role/AWSGlueConsoleFullAccess")],
      [resource("aws:iam/role:Role", { managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonS3FullAccess"] })],
    ],
    good: [
      [attachment("service-role/AmazonEBSCSIDriverPolicy")],
      [resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", { policyArn: "[unknown]" })],
      [resource("aws:iam/role:Role", { managedPolicyArns: ["arn:aws:iam::111122223333:policy/shop"] })],
    ],
  },
  "iam-principals": {
    bad: [[role({ Principal: "*", Condition: { StringLike: { "aws:UserAgent": "shop*" } } })]],
    good: [[role({ Principal: { AWS: ["*"] }, Condition: { StringEquals: { "kms:CallerAccount": "111122223333" } } })]],
  },
  "no-static-keys": { bad: [[resource("aws:iam/accessKey:AccessKey")]], good: [[resource("aws:iam/role:Role")]] },
  "rbac-wildcards": {
    bad: [
      [
        resource("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", {
          rules: [{ verbs: ["*"], resources: ["*"], apiGroups: ["*"] }],
        }),
      ],
    ],
    good: [
      [
        resource("kubernetes:rbac.authorization.k8s.io/v1:Role", {
          rules: [{ verbs: ["get"], resources: ["pods"], apiGroups: [""] }],
        }),
      ],
    ],
  },
  "pod-non-root": {
    bad: [[withContext({ runAsNonRoot: false })]],
    good: [
      [goodPod],
      [pod({ securityContext: { ...held, runAsNonRoot: undefined } }, { securityContext: { runAsNonRoot: true } })],
    ],
  },
  "pod-read-only-root": { bad: [[withContext({ readOnlyRootFilesystem: undefined })]], good: [[goodPod]] },
  "pod-privileges": {
    bad: [
      [withContext({ privileged: true })],
      [withContext({ allowPrivilegeEscalation: undefined })],
      [withContext({ capabilities: undefined })],
      [pod({ securityContext: held }, { hostNetwork: true })],
      [pod({ securityContext: held }, { volumes: [{ name: "root", hostPath: { path: "/" } }] })],
    ],
    good: [[goodPod]],
  },
  "image-pinned": {
    bad: [
      [pod({ securityContext: held, image: "shop/web" })],
      [pod({ securityContext: held, image: "localhost:5000/shop/web" })],
      [pod({ securityContext: held, image: "shop/web:latest" })],
      [resource("aws:sagemaker/model:Model", { primaryContainer: { image: "shop/web" } })],
    ],
    good: [[goodPod], [pod({ securityContext: held, image: `shop/web@sha256:${"0".repeat(64)}` })]],
  },
  "namespace-network-policy": {
    bad: [
      [namespace],
      [namespace, policyFor({ podSelector: { matchLabels: { app: "web" } } })],
      [namespace, policyFor({ podSelector: {} }, "other")],
    ],
    good: [[namespace, policyFor({ podSelector: {} })], [policyFor({ podSelector: {} })]],
  },
  "log-retention": {
    bad: [[log({ retentionInDays: undefined })], [log({ retentionInDays: 0 })]],
    good: [[log({ retentionInDays: "[unknown]" })]],
  },
  "data-protection": {
    bad: [
      [database({ deletionProtection: false })],
      [database({ skipFinalSnapshot: true })],
      [database({ backupRetentionPeriod: 0 })],
      [database({}, false)],
      [aurora({ deletionProtection: false })],
      [aurora({ skipFinalSnapshot: true })],
      [aurora({}, false)],
      [
        {
          ...resource("aws:s3/bucketV2:BucketV2", { bucket: "shop", forceDestroy: true }, { protect: true }),
          urn: bucket.urn,
        },
        ...Object.values(parts),
      ],
      [
        resource("aws:dynamodb/table:Table", {
          serverSideEncryption: { kmsKeyArn: "k" },
          deletionProtectionEnabled: true,
        }),
      ],
    ],
    good: [
      [database()],
      [aurora()],
      [
        {
          ...database({ deletionProtection: false }, false),
          urn: "urn:pulumi:dev::shop::aws:rds/instance:Instance::thing",
        },
      ],
    ],
  },
  "instance-families": {
    bad: [
      [database({ instanceClass: "db.r7g.large" })],
      [resource("aws:eks/nodeGroup:NodeGroup", { instanceTypes: ["m7i.large", "p5.48xlarge"] })],
    ],
    good: [[database()], [database({ instanceClass: "[unknown]" })]],
    config: { denied: ["p5"], allowed: ["m7g", "m7i", "p5"] },
  },
  "required-tags": {
    bad: [
      [resource("aws:iam/role:Role", { tags: { environment: "prod" } })],
      [resource("aws:ec2/vpc:Vpc", {}, { provider: { defaultTags: '{"tags":{"environment":"prod"}}' } })],
    ],
    good: [
      [
        resource(
          "aws:iam/role:Role",
          { tags: { team: "shop" } },
          { provider: { defaultTags: '{"tags":{"environment":"prod"}}' } },
        ),
      ],
      [resource("aws:iam/role:Role", { tags: "[unknown]" })],
      [resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment")],
    ],
    config: { tags: ["environment", "team"] },
  },
};
