/** The workflow of GitHub Actions. */
import { stringify } from "yaml";
import { accountVariable, auditCommand, type DeliveredProject, type DeliveredStack } from "./stacks";

/** Actions by the commit of a release, which nobody can move. */
const actions = {
  checkout: ["actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683", "v4.2.2"],
  node: ["actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020", "v4.4.0"],
} as const;

type Plain = Record<string, unknown>;

/** What GitHub fills in when a job runs. */
const expression = (text: string) => `\${{ ${text} }}`;

const checkout = { uses: actions.checkout[0], with: { "persist-credentials": false } };
/** Packages of the lock file, nothing else. The cache is left out where credentials are: what a pull request put there would run with them. */
const install = (cached: boolean) => [
  { uses: actions.node[0], with: { "node-version": 20, ...(cached ? { cache: "npm" } : {}) } },
  { run: "npm ci" },
];

const account = ({ stack, accountId }: DeliveredStack) => accountId ?? expression(`vars.${accountVariable(stack)}`);

const variables = (stack: DeliveredStack, role: keyof DeliveredStack["roles"]) => ({
  STACK: stack.stack,
  AWS_REGION: stack.region,
  AWS_ACCOUNT_ID: account(stack),
  ROLE_NAME: stack.roles[role],
});

/** Jobs that name the account by a variable do nothing before it is set. */
const known = ({ stack, accountId }: DeliveredStack) =>
  accountId === undefined ? [`vars.${accountVariable(stack)} != ''`] : [];

const when = (...conditions: string[]) => conditions.join(" && ");

function preview(stack: DeliveredStack): Plain {
  return {
    name: `Preview of ${stack.stack}`,
    // Jobs of forks get no token.
    if: when(
      "github.event_name == 'pull_request'",
      "github.event.pull_request.head.repo.full_name == github.repository",
      ...known(stack),
    ),
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 30,
    permissions: { contents: "read", "id-token": "write", "pull-requests": "write" },
    concurrency: { group: `preview-${stack.stack}-${expression("github.ref")}`, "cancel-in-progress": true },
    env: variables(stack, "preview"),
    steps: [
      checkout,
      ...install(true),
      { run: auditCommand },
      { run: "delivery/steps/stack.sh preview" },
      {
        if: "always() && hashFiles('report.md') != ''",
        env: { GH_TOKEN: expression("github.token"), PULL_REQUEST: expression("github.event.pull_request.number") },
        run: "delivery/steps/github.sh comment report.md",
      },
    ],
  };
}

const pushed = (stack: DeliveredStack) =>
  when("github.event_name == 'push'", `github.ref == 'refs/heads/${stack.branch}'`, ...known(stack));

function images(stack: DeliveredStack): Plain {
  return {
    name: `Images of ${stack.stack}`,
    if: pushed(stack),
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 60,
    permissions: { contents: "read", "id-token": "write" },
    concurrency: { group: `images-${stack.stack}`, "cancel-in-progress": false },
    env: variables(stack, "images"),
    steps: [checkout, { run: "delivery/steps/images.sh" }],
  };
}

function up(stack: DeliveredStack, before: DeliveredStack | undefined): Plain {
  return {
    name: `Update of ${stack.stack}`,
    if: pushed(stack),
    needs: [`images-${stack.stack}`, ...(before === undefined ? [] : [`up-${before.stack}`])],
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 180,
    permissions: { contents: "read", "id-token": "write" },
    // Two updates of a stack never meet, and none is cut off.
    concurrency: { group: `stack-${stack.stack}`, "cancel-in-progress": false },
    // Reviewers of the environment are asked by GitHub; without approvers the branch is what is trusted.
    ...(stack.approvers.length === 0 ? {} : { environment: stack.stack }),
    env: { ...variables(stack, "deploy"), ROLE_SECONDS: "10800" },
    steps: [checkout, ...install(false), { run: "delivery/steps/stack.sh up" }],
  };
}

function drift(stack: DeliveredStack): Plain {
  return {
    name: `Drift of ${stack.stack}`,
    if: when("github.event_name == 'schedule'", ...known(stack)),
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": 60,
    permissions: { contents: "read", "id-token": "write", issues: "write" },
    concurrency: { group: `stack-${stack.stack}`, "cancel-in-progress": false },
    env: variables(stack, "drift"),
    steps: [
      checkout,
      ...install(false),
      { run: "delivery/steps/stack.sh drift" },
      {
        if: "failure() && hashFiles('report.md') != ''",
        env: { GH_TOKEN: expression("github.token") },
        run: "delivery/steps/github.sh issue report.md",
      },
      { run: auditCommand },
    ],
  };
}

/** A stack before this one that comes from the same branch: it goes first. */
function earlier(stacks: DeliveredStack[], at: number): DeliveredStack | undefined {
  return stacks.slice(0, at).findLast(({ branch }) => branch === stacks[at]!.branch);
}

/** `.github/workflows/delivery.yml`. @param command that wrote it */
export function githubWorkflow({ stacks }: DeliveredProject, command: string): string {
  const jobs = Object.fromEntries(
    stacks.flatMap((stack, at): [string, Plain][] => [
      [`preview-${stack.stack}`, preview(stack)],
      [`images-${stack.stack}`, images(stack)],
      [`up-${stack.stack}`, up(stack, earlier(stacks, at))],
      [`drift-${stack.stack}`, drift(stack)],
    ]),
  );
  const workflow = {
    name: "delivery",
    on: {
      pull_request: {},
      push: { branches: [...new Set(stacks.map(({ branch }) => branch))] },
      schedule: [{ cron: "17 3 * * *" }],
    },
    permissions: {},
    jobs,
  };
  const text = stringify(workflow, { lineWidth: 0, aliasDuplicateObjects: false });
  const released = Object.values(actions).reduce(
    (all, [action, version]) => all.replaceAll(action, `${action} # ${version}`),
    text,
  );
  return `# Written by \`${command}\` from the stack files: change those, and run it again. docs/delivery.md explains it.\n${released}`;
}
