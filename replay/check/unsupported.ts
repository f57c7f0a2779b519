/** Thrown when a model is not one that can be replayed. The message is a sentence that names the reason. */
export class UnsupportedModel extends Error {
  override name = 'UnsupportedModel'
}
