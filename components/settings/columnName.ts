import { z } from "zod";

/** It becomes an argument of a command, within quotes of the Amazon States Language. */
export const columnName = () =>
  z
    .string()
    .max(128, "at most 128 characters")
    .regex(
      /^[^\s'"\\{},]([^'"\\{},\r\n\t]*[^\s'"\\{},])?$/,
      "the name of a column, without quotes, commas, braces and backslashes",
    );
