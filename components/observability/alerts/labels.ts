/** Label by which alerts say whose they are. */
export const ownerLabel = "owner";
/** Label by which alerts say which tool of the platform they are about. */
export const toolLabel = "tool";
/** Label by which alerts say which model they are about. */
export const modelLabel = "model";
/** Owner of what belongs to nobody in particular, where no receiver is named. */
export const platformOwner = "platform";
