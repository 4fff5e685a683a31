import { componentPackage } from "./componentPackage";
import { eksCluster } from "./expansions/eksCluster";

export const eksPackage = componentPackage("eks", "@pulumi/eks", { "eks:index:Cluster": eksCluster });
