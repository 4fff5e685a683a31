import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ScalingGroup } from "../contracts/foundation";
import { clockRole, startedByClock } from "../foundation/starters";
import { stateMachine } from "../foundation/stateMachine";
import { stopByBudget } from "../identity/policies/budgetStop";
import type { Dependency } from "../lib/dependencies";
import { budgetStopDefinition } from "./budgetStopDefinition";

/** What a budget stops, and when. */
export interface BudgetStopArgs {
  account: AwsAccount;
  stack: string;
  budgetName: pulumi.Input<string>;
  limitUsd: number;
  /** Name of the state machine, which begins as all of the stack do. */
  machineName: string;
  /** Where people are told. */
  topicArn: pulumi.Input<string>;
  /** Names of endpoints that have an end anyway, and of notebook instances. */
  endpoints: string[];
  notebooks: string[];
  /** Studio's domain; absent where there is none. */
  domainId?: pulumi.Input<string>;
  /** Groups of nodes on which only notebooks run. */
  scalingGroups: ScalingGroup[];
  /** Whether these groups come back by themselves, as with off hours. */
  groupsComeBack: boolean;
  /** Table in which runs of training look; absent where none are held. */
  table?: { name: pulumi.Input<string>; arn: pulumi.Input<string>; keyArn?: pulumi.Input<string> | undefined };
  /** Queue for looks that the schedule could not start. */
  missedStartsArn?: pulumi.Input<string> | undefined;
  /** Depend on these: what is stopped is there. */
  after: Dependency[];
}

/**
 * A state machine that asks AWS every hour what the month has cost, and stops what the stack can do without once that is too much. AWS Budgets knows
 * what a day has cost some hours later. Its own actions stop instances of EC2 and RDS and deny rights, and none of these.
 * @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-controls.html
 */
export class BudgetStop extends pulumi.ComponentResource {
  readonly machineArn: pulumi.Output<string>;

  constructor(name: string, args: BudgetStopArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:governance:BudgetStop", name, {}, opts);
    const child = { parent: this };
    const { account, stack, machineName, scalingGroups, endpoints, notebooks, groupsComeBack, limitUsd } = args;
    const known = pulumi.output({
      budgetName: args.budgetName,
      topicArn: args.topicArn,
      domainId: args.domainId,
      table: args.table,
      names: pulumi.all(scalingGroups.map((group) => group.name())),
    });
    const machine = stateMachine(
      name,
      {
        ...{ account, machineName },
        definition: known.apply(({ names, table, ...found }) =>
          budgetStopDefinition({
            ...{ ...found, accountId: account.accountId, stack, limitUsd, endpoints, notebooks, groupsComeBack },
            tableName: table?.name,
            groups: scalingGroups.map(({ minNodes, maxNodes }, at) => ({ name: names[at]!, minNodes, maxNodes })),
          }),
        ),
        statements: known.apply(({ names: scalingGroupNames, ...found }) =>
          stopByBudget(account, { ...found, machineName, endpoints, notebooks, scalingGroupNames }),
        ),
      },
      child,
    );
    const started = { account, machineArn: machine.arn, missedStartsArn: args.missedStartsArn };
    startedByClock(
      name,
      {
        ...started,
        roleArn: clockRole(`${name}-clock`, started, child),
        expression: "rate(1 hour)",
        input: {},
        after: args.after,
      },
      child,
    );
    this.machineArn = machine.arn;
    this.registerOutputs();
  }
}
