import type { RuleProblem } from "../problems";
import type { Settings } from "../settings";
import { accessRules } from "./access";
import { addressRules } from "./addresses";
import { adoptedRules } from "./adopted";
import { airflowTrainingRules } from "./airflowTraining";
import { applicationRules } from "./applications";
import { approverRules } from "./approvers";
import { awsPlaceRules } from "./awsPlaces";
import { backupRules } from "./backup";
import { budgetStopRules } from "./budgetStop";
import { chartValueRules } from "./chartValues";
import { dagsDataRules } from "./dagsData";
import { databaseRules } from "./database";
import { deliveryRules } from "./delivery";
import { endpointEndRules } from "./endpointEnds";
import { existingRules } from "./existing";
import { featureRules } from "./features";
import { governanceRules } from "./governance";
import { limitRules, releaseListRules } from "./limits";
import { loadBalancerRules } from "./loadBalancers";
import { modelRules } from "./models";
import { monitorRules } from "./monitor";
import { monitoringRules } from "./monitoring";
import { mwaaRules } from "./mwaa";
import { networkRules } from "./network";
import { nodeGroupRules } from "./nodeGroups";
import { nodeTypeRules } from "./nodeTypes";
import { offHoursRules } from "./offHours";
import { passingFolderRules } from "./passingFolders";
import { promotionRules } from "./promotion";
import { sagemakerRules } from "./sagemaker";
import { sourceRules } from "./sources";
import { studioRules } from "./studio";
import { taskQuotaRules } from "./taskQuota";
import { trainingLimitRules } from "./trainingLimits";
import { trainingMachineRules } from "./trainingMachines";
import { typeRules } from "./types";
import { uniqueRules } from "./unique";
import { uploadRules } from "./uploads";
import { wayOutRules } from "./wayOut";
import { withoutClusterRules } from "./withoutCluster";

/** Finds problems between settings that each fit the schema. Sections that could not be read are missing. */
export type Rule = (settings: Partial<Settings>) => RuleProblem[];

/** Every rule, in the order of the reference. */
export const rules: readonly Rule[] = [
  addressRules,
  networkRules,
  wayOutRules,
  nodeGroupRules,
  typeRules,
  nodeTypeRules,
  databaseRules,
  uniqueRules,
  existingRules,
  adoptedRules,
  awsPlaceRules,
  withoutClusterRules,
  sourceRules,
  dagsDataRules,
  accessRules,
  applicationRules,
  taskQuotaRules,
  mwaaRules,
  chartValueRules,
  monitoringRules,
  modelRules,
  approverRules,
  loadBalancerRules,
  sagemakerRules,
  endpointEndRules,
  airflowTrainingRules,
  featureRules,
  studioRules,
  trainingMachineRules,
  trainingLimitRules,
  monitorRules,
  passingFolderRules,
  uploadRules,
  deliveryRules,
  promotionRules,
  governanceRules,
  budgetStopRules,
  offHoursRules,
  backupRules,
  limitRules,
  releaseListRules,
];
