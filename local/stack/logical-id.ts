/** Whether a reference means this resource: its logical id, with or without the eight digits that CDK appends. */
export const meansLogicalId = (logicalId: string, reference: string): boolean =>
  logicalId === reference || logicalId.replace(/[0-9A-F]{8}$/, '') === reference;
