/** Whether a reference means this resource: its logical id, with or without the eight digits that CDK appends. */
export function meansLogicalId(logicalId: string, reference: string): boolean {
  return logicalId === reference || logicalId.replace(/[0-9A-F]{8}$/, '') === reference;
}
