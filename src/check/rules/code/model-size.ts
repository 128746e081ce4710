/** How many bytes the weights of a model take, where its name says how large it is. */
import { type PyCall, textOf } from '../../../space/python/index.js';
import type { RuleContext } from '../../rule.js';
import { literalText } from './facts.js';

/** Bytes a parameter, by what is given for the type of the weights. */
const HALF = 2;
const FULL = 4;

/**
 * The bytes that loading a model puts in memory: parameters of its name (`Qwen2.5-72B`) times their size.
 *
 * @returns null where the name says no size, and for mixtures of experts (`8x7B`)
 */
export function modelBytes(context: RuleContext, call: PyCall): number | null {
  const { file, positional, keywords } = call;
  const first =
    positional[0] ?? keywords.get('pretrained_model_name_or_path') ?? keywords.get('model');
  const name = first && literalText(context, call.file, first);
  const billions = name ? /(?:^|[-_/ ])(\d+(?:\.\d+)?)[bB](?=$|[-_. ])/.exec(name)?.[1] : undefined;
  if (!billions || !name || /\d+x\d/i.test(name)) return null;
  const text = textOf(file, call.node);
  if (
    /quantization_config|load_in_[48]bit|gguf|awq|gptq|int4|int8|nf4|fp8|bnb/i.test(
      `${name} ${text}`,
    )
  ) {
    return Number(billions) * 1e9 * (/8bit|int8|fp8/i.test(`${name} ${text}`) ? 1 : 0.6);
  }
  const type = keywords.get('torch_dtype') ?? keywords.get('dtype');
  const isFull = type !== undefined && /float32/.test(textOf(file, type));
  return Number(billions) * 1e9 * (isFull ? FULL : HALF);
}
