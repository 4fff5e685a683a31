/** Labels and taints by which the platform marks the nodes it makes, and by which its workloads find them. */
export const purposeLabel = "mlplatform/purpose";
export const nodeGroupLabel = "mlplatform/node-group";
/** Resource name, and taint key, of the NVIDIA device plugin. */
export const gpuResource = "nvidia.com/gpu";
