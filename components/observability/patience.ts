/** Hours after which work that is done every so many hours is missed: twice as long, and an hour for what it takes itself. */
export const patienceHours = (everyHours: number) => 2 * everyHours + 1;
