"""What the libraries give for a folder. Imported late: nothing here is needed to write the folders."""

import json
import logging
import os
import warnings

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
warnings.filterwarnings("ignore")
import torch
import transformers

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
logging.disable(logging.WARNING)
torch.set_num_threads(1)


def embedding(folder, inputs, prompt_name=None):
    if (folder / "head.safetensors").exists():
        return pipeline_logits(folder, inputs)
    if is_model2vec(folder):
        from model2vec import StaticModel

        return StaticModel.from_pretrained(str(folder)).encode(inputs).astype("float64").tolist()
    if (folder / "tokenizers").exists():
        return wordllama(folder, inputs)
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(inputs, prompt_name=prompt_name).tolist()


def is_model2vec(folder):
    path = folder / "config.json"
    return "m2v" in folder.name and path.exists() and not (folder / "head.safetensors").exists()


def pipeline_logits(folder, inputs):
    """A StaticModelPipeline's numbers before its activation."""
    from model2vec.inference import StaticModelPipeline

    pipeline = StaticModelPipeline.from_pretrained(str(folder))
    return pipeline.head._logits(pipeline.model.encode(inputs)).astype("float64").tolist()


def wordllama(folder, inputs):
    """The layout of its cache, whose one table has a name and a width of its own."""
    from wordllama import WordLlama

    (table,) = (folder / "weights").iterdir()
    name, width = table.stem.rsplit("_", 1)
    uri = type(WordLlama._wordllama.l2_supercat)("", [int(width)], [], f"{name}_tokenizer_config.json")
    setattr(WordLlama._wordllama, name, uri)
    model = WordLlama.load(name, cache_dir=folder.resolve(), dim=int(width), disable_download=True)
    return model.embed(inputs).astype("float64").tolist()


def similarity(folder, inputs):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    vectors = model.encode(inputs)
    return model.similarity(vectors, vectors).tolist()


def cross_encoder(folder, inputs):
    from sentence_transformers import CrossEncoder

    scores = CrossEncoder(str(folder), device="cpu").predict(inputs).tolist()
    return [s if isinstance(s, list) else [s] for s in scores]


def logits(folder, inputs, adapter=None):
    if (folder / "head.safetensors").exists():
        return pipeline_logits(folder, inputs)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).eval()
    with torch.no_grad():
        return [
            model(**tokenizer(*(x if isinstance(x, list) else [x]), truncation=True, return_tensors="pt"))
            .logits[0]
            .tolist()
            for x in inputs
        ]


def scores(folder, inputs):
    """The pipeline's scores, in the order of the labels' numbers."""
    pipeline = transformers.pipeline("text-classification", model=str(folder), device="cpu")
    labels = pipeline.model.config.id2label
    rows = []
    for text in inputs:
        found = {row["label"]: row["score"] for row in pipeline([text], top_k=None, truncation=True)[0]}
        rows.append([found[labels[i]] for i in range(len(found))])
    return rows


def tags(folder, inputs):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForTokenClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return [
            [
                model.config.id2label[i]
                for i in model(**tokenizer(x, truncation=True, return_tensors="pt")).logits[0].argmax(-1).tolist()
            ]
            for x in inputs
        ]


def ids(folder, inputs):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return [tokenizer(text).input_ids for text in inputs]


def refusal(folder, kind, inputs):
    """The error of the library, or None where it gives an answer."""
    try:
        answer(folder, kind, inputs)
    except Exception as error:  # any error of any library
        line = str(error).splitlines()[0].replace(str(folder), folder.name)
        return f"{type(error).__name__}: {line[:120]}"


KINDS = {
    "embedding": embedding,
    "logits": logits,
    "pairs": logits,
    "logits-only": logits,
    "scores": scores,
    "scores1": scores,
    "labels": tags,
    "ids": ids,
    "pair-scores": cross_encoder,
}


def answer(folder, kind, inputs, adapter=None, prompt_name=None):
    if adapter:
        return logits(folder, inputs, adapter)
    if prompt_name is not None:
        return embedding(folder, inputs, prompt_name)
    return KINDS[kind](folder, inputs)


def versions():
    import importlib.metadata as metadata

    return {
        name: metadata.version(name)
        for name in (
            "transformers",
            "sentence-transformers",
            "tokenizers",
            "peft",
            "torch",
            "safetensors",
            "model2vec",
            "wordllama",
        )
    }
