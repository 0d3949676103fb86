export const HOME = "us-west-1";
export const ABROAD = ["eu-west-1", "us-east-1"];
