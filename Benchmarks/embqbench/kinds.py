"""A tokenizer of each kind, trained on the rows at hand: released ones have too many ids for a small model."""
import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from .program import ROOT

VOCABULARY = 8000


def _word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer, trainers.WordPieceTrainer, ["[PAD]", "[UNK]", "[CLS]", "[SEP]"], {}


def _words():
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer, trainers.BpeTrainer, ["[PAD]", "[UNK]", "[CLS]", "[SEP]"], {}


def _byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer, trainers.BpeTrainer, ["<pad>", "<s>", "</s>", "<unk>"], {
        "initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}


def _albert():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(),
        normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer, trainers.UnigramTrainer, ["<pad>", "<unk>", "[CLS]", "[SEP]"], {"unk_token": "<unk>"}


def _xlm_roberta():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return tokenizer, trainers.UnigramTrainer, ["<pad>", "<s>", "</s>", "<unk>"], {"unk_token": "<unk>"}


def _llama():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    # For the training alone: sentencepiece merges within words, its files cut nothing.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    return tokenizer, trainers.BpeTrainer, ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)], {}


KINDS = {
    "WordPiece (BERT)": _word_piece,
    "BPE with words": _words,
    "byte-level BPE (GPT-2)": _byte_level,
    "Unigram (ALBERT)": _albert,
    "Unigram, Precompiled (XLM-R)": _xlm_roberta,
    "BPE with bytes (Llama)": _llama,
}


def train(kind, rows, path):
    """Trains a tokenizer of a kind and writes its tokenizer.json."""
    tokenizer, trainer, special, options = KINDS[kind]()
    tokenizer.train_from_iterator(
        rows, trainer(vocab_size=VOCABULARY, special_tokens=special, show_progress=False, **options))
    ids = {token: tokenizer.token_to_id(token) for token in special}
    if "[CLS]" in ids:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")])
    else:
        tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", ids["<s>"])])
    document = json.loads(tokenizer.to_str())
    if kind.endswith("(Llama)"):
        document["pre_tokenizer"] = None
        document["added_tokens"] = document["added_tokens"][:3]
    if kind.endswith("(XLM-R)"):
        document["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": _character_map()}
    Path(path).write_text(json.dumps(document), encoding="utf-8")


def _character_map():
    """sentencepiece's, as far as the fixture has it."""
    cases = json.loads((ROOT / "Fixtures" / "tokenizer" / "pipelines.json").read_text(encoding="utf-8"))["cases"]
    maps = [case["tokenizer"]["normalizer"]["precompiled_charsmap"] for case in cases
            if (case["tokenizer"]["normalizer"] or {}).get("type") == "Precompiled"]
    return maps[0]
