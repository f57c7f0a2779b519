/** Which part of all places to die at is a run's: one of so many, another one each time; all with `GAINSAY_TEST_ALL=1`. */
export function drawPart(parts: number): string {
  if (process.env.GAINSAY_DEATHS) return process.env.GAINSAY_DEATHS
  return process.env.GAINSAY_TEST_ALL ? '0/1' : `${Math.floor(Math.random() * parts)}/${parts}`
}
