/* SPDX-License-Identifier: Apache-2.0 */
/* embq: runs 8-bit language models on microcontrollers. Text or token ids in, logits out.
 *
 * C11. No malloc, no floating point, no global state, no library but memcpy and memset.
 * Stack of a call, interrupts apart: at most 1280 bytes to open a model and 640 for all else on 32-bit machines, 768 if
 * the tokenizer has a pipeline or with the kernels of Helium, 1152 with the DSP kernels of Cortex-M4, M7 and M33; twice
 * that on 64-bit ones; 2 KiB when compiled without optimization for 32 bits. No recursion.
 * Everything passed by pointer stays the caller's; everything read is const. */
#ifndef EMBQ_H
#define EMBQ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of embq that the runtime belongs to: 10203 is 1.2.3. A model's header compiles with its own alone. */
#define EMBQ_RUNTIME_VERSION 200

/* What a call answers. 0 is success; the numbers are stable. */
typedef enum embq_status {
    EMBQ_OK = 0,
    EMBQ_ERROR_ARGUMENT = 1,  /* a null pointer, or a count of 0 where one is needed */
    EMBQ_ERROR_ALIGNMENT = 2, /* the blob or the arena is not aligned to EMBQ_ALIGNMENT */
    EMBQ_ERROR_TRUNCATED = 3, /* fewer bytes than the header promises */
    EMBQ_ERROR_MAGIC = 4,     /* not an .embq artifact */
    EMBQ_ERROR_VERSION = 5,   /* written for another version of this runtime */
    EMBQ_ERROR_CHECKSUM = 6,  /* bytes changed since the artifact was written */
    EMBQ_ERROR_LAYOUT = 7,    /* sections out of place, missing, twice or with bytes left over */
    EMBQ_ERROR_MODEL = 8,     /* shapes or parameters that do not fit together */
    EMBQ_ERROR_TOKENIZER = 9, /* tokenizer tables that do not fit together */
    EMBQ_ERROR_ARENA = 10,    /* the arena is smaller than embq_arena_size says */
    EMBQ_ERROR_LENGTH = 11,   /* no tokens for a model that needs one, or more than the longest sentence */
    EMBQ_ERROR_TOKEN = 12,    /* a token id outside the vocabulary */
    EMBQ_ERROR_WORD = 13,     /* one word is too long for the scratch memory */
    EMBQ_ERROR_ENDIAN = 14,   /* this machine is big-endian */
    EMBQ_ERROR_OPERATION = 15 /* the model needs an operation that this build leaves out */
} embq_status;

/* The blob and the arena start at a multiple of this. */
#define EMBQ_ALIGNMENT 16u

/* Bytes of stack that a call takes at most where addresses have 32 bits, compiled with optimization. */
#define EMBQ_STACK_SIZE 1280u

/* Logits are fixed-point numbers with this many bits behind the point: 65536 is 1.0. */
#define EMBQ_LOGIT_FRACTION_BITS 16

/* ---- Tokenizer ----------------------------------------------------------------------------------------------- */

/* Memory that embq_tokenize needs for each symbol of the longest word, if the tokenizer has no pipeline. A character
 * becomes one symbol, seldom two or three and never more than it has bytes in UTF-8, so this times the text's bytes
 * is always enough. WordPiece never needs more than for its longest word (max_input_chars_per_word): 400 bytes for
 * 100 characters. */
#define EMBQ_TOKENIZER_SYMBOL_SIZE 4u

/* The same of embq_tokenize_spans. */
#define EMBQ_TOKENIZER_SPAN_SIZE 12u

/* Byte-pair encoding. */
typedef struct embq_bpe {
    const uint16_t *lefts;       /* [left_count] ids that begin a merge, rising */
    const uint16_t *left_starts; /* [left_count + 1] first merge of each of them */
    const uint16_t *rights;      /* [merges] second id, rising for one first id */
    const uint16_t *ranks;       /* [merges] which merge goes first: the lowest */
    const uint16_t *results;     /* [merges] by rank: the id that it makes; NULL: first_result + rank */
    uint16_t left_count;
    uint16_t first_result;
} embq_bpe;

/* Pieces as tries. */
typedef struct embq_trie {
    const uint32_t *children; /* [blocks] of 32 nodes: first child of the block's nodes, children of the first half */
    const uint16_t *tops;     /* [top_count + 1] first child of each of the first nodes */
    const uint16_t *earlier;  /* [blocks] pieces that end at nodes before the block */
    const uint16_t *pieces;   /* [pieces] ids, in the order of their nodes */
    const uint8_t *nodes;     /* [blocks][32] what leads to a node, and flags */
    uint16_t top_count;
    uint16_t more; /* bits of the units that others of the same symbol follow */
} embq_trie;

/* WordPiece. */
typedef struct embq_wordpiece {
    embq_trie trie;
    uint16_t unknown; /* id of a word that is not made of pieces */
    uint16_t longest; /* symbols of a word; longer ones are unknown */
} embq_wordpiece;

/* Unigram. */
typedef struct embq_unigram {
    embq_trie trie;
    const uint8_t *symbols;    /* [256] of bytes, as the trie has them; then corrections, if there are any */
    const uint32_t *scores;    /* [pieces] one or two words each: what a piece costs, as IEEE 754 has it */
    uint32_t unknown_score[2]; /* what an unknown character costs */
    uint16_t unknown;          /* its id, or 0xFFFF */
    uint16_t longest;          /* bytes of a piece */
} embq_unigram;

/* What makes ids of words, and what only some tokenizers have: pairs, token types, tokens found under conditions. */
typedef struct embq_tokenizer_kind embq_tokenizer_kind;
typedef struct embq_tokenizer_extension embq_tokenizer_extension;
extern const embq_tokenizer_kind embq_tokenizer_bpe, embq_tokenizer_wordpiece, embq_tokenizer_unigram;
extern const embq_tokenizer_kind embq_tokenizer_merges; /* embq_tokenizer_bpe for tokenizers with a pipeline */
extern const embq_tokenizer_extension embq_tokenizer_conditions;

/* What leads from a text to words where a map of single characters cannot, and its steps. */
typedef struct embq_tokenizer_pipeline embq_tokenizer_pipeline;
typedef struct embq_text_step embq_text_step;
extern const embq_tokenizer_pipeline embq_tokenizer_steps;
extern const embq_tokenizer_pipeline embq_tokenizer_places; /* and where ids come from: for taggers */
extern const embq_text_step embq_text_map, embq_text_canonical, embq_text_replace, embq_text_squeeze, embq_text_strip,
    embq_text_prepend, embq_text_charsmap;

/* A tokenizer read in place from its tables (Schemas/tokenizer-section.md). Filled by embq_tokenizer_open and only read
 * afterwards, so one may serve several threads. It points into the tables: keep them as long as this. */
typedef struct embq_tokenizer {
    const uint16_t *planes;          /* [18] first range of each Unicode plane, then the number of ranges */
    const uint16_t *range_starts;    /* [ranges] low 16 bits of a range's first code point */
    const uint16_t *range_values;    /* [ranges] what the range's kind needs: a symbol or an index of sequences */
    const uint8_t *range_kinds;      /* [ranges] what a character of the range becomes */
    const uint16_t *sequences;       /* [items][2] number and attributes of each symbol of a longer result */
    const uint16_t *prefix;          /* [prefix_count] ids before the text's */
    const uint16_t *suffix;          /* [suffix_count] ids after them */
    const uint16_t *special_ids;     /* [special_count] */
    const uint16_t *special_lengths; /* [special_count] bytes, never rising */
    const uint8_t *special_text;     /* the special tokens' UTF-8, one after the other */
    const embq_tokenizer_kind *splitter;
    union {
        embq_bpe bpe;             /* kind 1 */
        embq_wordpiece wordpiece; /* kind 2 */
        embq_unigram unigram;     /* kind 3 */
    } model;
    /* Of the pipeline; null without it. */
    const embq_tokenizer_pipeline *pipeline;
    const uint16_t *steps;                   /* its record */
    const embq_text_step *const *step_kinds; /* by kind */
    /* Of the extension; null and 0 without it. */
    const embq_tokenizer_extension *extension;
    const uint16_t *pair;           /* ids of a pair's template: before, between and after its texts */
    const uint16_t *types;          /* token types of both templates' ids, 0 or 1 */
    const uint16_t *special_flags;  /* [special_count] 1: not as a part of a word */
    const uint16_t *folded_ids;     /* [folded_count] of tokens that are looked for in normalized text */
    const uint16_t *folded_flags;   /* [folded_count] 1: not as a part of a word */
    const uint16_t *folded_lengths; /* [folded_count] symbols, never rising */
    const uint16_t *folded;         /* their symbols, one after the other */
    uint16_t options, text_types, folded_count;
    uint16_t pair_prefix_count, pair_middle_count, pair_suffix_count;
    uint16_t left_out;   /* the id that is left out, where the options say so */
    uint32_t characters; /* most characters of a text that are read, where they say so */

    uint32_t content_limit; /* most ids between prefix and suffix */
    uint16_t kind;
    uint16_t vocabulary; /* ids are below this */
    uint16_t prefix_count;
    uint16_t suffix_count;
    uint16_t special_count;
    uint16_t flags;
} embq_tokenizer;

/* Checks a tokenizer's tables completely, so that embq_tokenize can trust them, and points *t into them.
 *
 * tables  size bytes, aligned to 4; the caller's, unchanged and in place while *t is in use.
 * Answers EMBQ_ERROR_ARGUMENT for a null pointer, EMBQ_ERROR_ALIGNMENT, EMBQ_ERROR_ENDIAN, EMBQ_ERROR_VERSION for
 * tables of another version of the format, EMBQ_ERROR_TOKENIZER for anything that does not fit together; *t is then
 * unusable. */
embq_status embq_tokenizer_open(embq_tokenizer *t, const void *tables, uint32_t size);

/* Turns text into token ids, with the special tokens of the model's template.
 *
 * text     length bytes that should be UTF-8; each ill-formed part counts as U+FFFD, as in Unicode chapter 3.9. A NUL
 *          is a character like any other. NULL is fine when length is 0.
 * ids      room for capacity ids. A longer text is cut and its rest not looked at; the template's tokens before and
 *          after it stay as long as they fit. NULL is fine when capacity is 0.
 * count    receives the number of ids written.
 * scratch  scratch_size bytes aligned to 4, overwritten: EMBQ_TOKENIZER_SYMBOL_SIZE for each symbol of the longest word
 *          (a run of letters and digits, or of punctuation).
 * Answers EMBQ_ERROR_WORD when a word does not fit the scratch: *count ids before it are then written.
 * Time is linear in the text, and in a word of n symbols: of WordPiece, which has 1000 at most, square; of byte pairs n
 * times its different merges, with a pipeline at most n * log(n). */
embq_status embq_tokenize(const embq_tokenizer *t, const char *text, size_t length, uint16_t *ids, uint32_t capacity,
                          uint32_t *count, void *scratch, size_t scratch_size);

/* A token: the bytes of the text that it comes from, and what a tagger says of it. */
typedef struct embq_token {
    uint32_t start, end; /* text[start] ... text[end - 1]; both 0 for a token of the template */
    uint32_t label;      /* see embq_label */
} embq_token;

/* As embq_tokenize, and where each id comes from: a word that is unknown as a whole has all its bytes; what normalizing
 * leaves out at a token's end is not part of it.
 *
 * tokens   room for capacity tokens; their labels become 0.
 * scratch  EMBQ_TOKENIZER_SPAN_SIZE bytes for each symbol of the longest word; see embq_tokenizer_span_scratch.
 * Answers EMBQ_ERROR_OPERATION for a tokenizer with a pipeline if embq_tokenizer_places is left out.
 * Of a text of 4 GiB and more the beginning is read. */
embq_status embq_tokenize_spans(const embq_tokenizer *t, const char *text, size_t length, uint16_t *ids,
                                embq_token *tokens, uint32_t capacity, uint32_t *count, void *scratch,
                                size_t scratch_size);

/* Scratch that is always enough for a text of `length` bytes, and the most ids that it can have with the template's.
 * Less does for most texts: a tokenizer without a pipeline needs EMBQ_TOKENIZER_SYMBOL_SIZE for each symbol of the
 * longest word; one with a pipeline about 1 kB, and for each byte of the longest word 5 bytes, of byte pairs 5.2. */
size_t embq_tokenizer_scratch(const embq_tokenizer *t, size_t length);
/* The same of embq_tokenize_spans; with a pipeline 17 bytes for each byte of the longest word instead of 5. */
size_t embq_tokenizer_span_scratch(const embq_tokenizer *t, size_t length);
size_t embq_tokenizer_most_ids(const embq_tokenizer *t, size_t length);

/* How many of a sentence's ids its texts have; the others are the template's. Token types follow from it. */
typedef struct embq_texts {
    uint32_t first;  /* of the text, or of a pair's first */
    uint32_t second; /* of a pair's second; EMBQ_ONE_TEXT: there is one text */
} embq_texts;

#define EMBQ_ONE_TEXT 0xFFFFFFFFu

/* Turns two texts into the token ids of a pair, as embq_tokenize does with one. A pair that is too long loses tokens
 * of its longer text until both are equally long, then of both. The second text is read twice. If it is empty, the
 * first is one text, as in the library's call.
 *
 * texts  receives how many ids are those of each text.
 * Returns EMBQ_ERROR_ARGUMENT also if the tokenizer has no template for a pair: such a model takes one text, with
 * [SEP] between its parts. */
embq_status embq_tokenize_pair(const embq_tokenizer *t, const char *first, size_t first_length, const char *second,
                               size_t second_length, uint16_t *ids, uint32_t capacity, uint32_t *count,
                               embq_texts *texts, void *scratch, size_t scratch_size);

/* 1: the tokenizer has a template for a pair. */
int embq_has_pairs(const embq_tokenizer *t);

/* The token type of an id of a sentence: 0 or 1. */
uint32_t embq_token_type(const embq_tokenizer *t, const embq_texts *texts, uint32_t position);

/* ---- Model --------------------------------------------------------------------------------------------------- */

/* An artifact opened in place. Filled by embq_open; the fields are for the runtime alone. The blob must stay where
 * it is, unchanged, for as long as the model is used. */
typedef struct embq_model {
    const uint8_t *weights; /* section WGHT */
    const uint8_t *tables;  /* section TABL */
    const uint8_t *labels;  /* section LABL */
    const uint8_t *checks;  /* section CHEK, or null */
    const struct embq_model_record *record;
    const struct embq_operation *const *operations; /* by kind */
    embq_tokenizer tokenizer;
} embq_model;

/* The parts of the runtime that models choose from. embq_open refers to all of them; a build for one model refers to
 * its own alone (embq_open_with), and the linker leaves out the rest. */
typedef struct embq_operation embq_operation;
extern const embq_operation embq_operation_embed, embq_operation_norm, embq_operation_linear, embq_operation_requantize,
    embq_operation_activate, embq_operation_combine, embq_operation_rescale, embq_operation_load, embq_operation_store,
    embq_operation_attend, embq_operation_convolve, embq_operation_wide_linear, embq_operation_curve,
    embq_operation_gate, embq_operation_scan, embq_operation_pool, embq_operation_pooled, embq_operation_unit,
    embq_operation_unit_row, embq_operation_join, embq_operation_output, embq_operation_packed_embed,
    embq_operation_packed_linear, embq_operation_look_up, embq_operation_wide_attend, embq_operation_tag,
    embq_operation_table_norm, embq_operation_packed_table_norm, embq_operation_pack, embq_operation_unpack,
    embq_operation_packed_attend, embq_operation_packed_convolve;

typedef struct embq_parts {
    const embq_operation *const *operations; /* [operation_count] by kind; null where one is left out, as entry 0 */
    const embq_tokenizer_kind *const *tokenizers; /* [tokenizer_count] by kind; likewise */
    const embq_tokenizer_extension *extension;    /* or null */
    uint32_t operation_count, tokenizer_count;
    const embq_tokenizer_pipeline *pipeline; /* or null */
    const embq_text_step *const *steps;      /* [step_count] by kind; null where one is left out, as entry 0 */
    uint32_t step_count;
} embq_parts;

/* All of them. */
extern const embq_parts embq_all_parts;

/* Opens the artifact at `blob` (aligned to EMBQ_ALIGNMENT, `size` bytes) and checks all of it: after EMBQ_OK the
 * other functions trust it. A damaged or hostile blob gives a status, nothing else. */
embq_status embq_open(embq_model *model, const void *blob, size_t size);

/* As embq_open, with these parts alone. What they point to must stay for as long as the model is used.
 * EMBQ_ERROR_OPERATION: the model needs one that is not there. */
embq_status embq_open_with(embq_model *model, const void *blob, size_t size, const embq_parts *parts);

/* A part of an artifact that lies apart from the others. */
typedef struct embq_piece {
    const void *bytes; /* aligned to EMBQ_ALIGNMENT */
    size_t size;
} embq_piece;

/* As embq_open_with, for an artifact whose sections lie apart: weights in external flash, tables in fast memory.
 *   pieces   [piece_count]: the header with the section table, then the bytes of each section as the table lists them,
 *            without what fills up between them. The bytes must stay for as long as the model is used, the array of
 *            pieces need not. A section that the runtime does not read (TENS, META) may have a null pointer.
 * Checked as embq_open checks, each section against its size and checksum in the table. */
embq_status embq_open_sections(embq_model *model, const embq_piece *pieces, uint32_t piece_count,
                               const embq_parts *parts);

#define EMBQ_SHA256_SIZE 32u

/* Compares the SHA-256 of a model's bytes with a digest of which firmware knows that it is right: an artifact that came
 * over the air, or that lies in external flash. embq_open finds damage; what somebody changed on purpose has the
 * checksums that embq_open expects. Call it before the model is opened.
 *   pieces   [piece_count]: the bytes, one piece after the other; an artifact in one array is one piece. They need no
 *            alignment.
 *   digest   [EMBQ_SHA256_SIZE]
 * EMBQ_ERROR_CHECKSUM if they differ. A model's header has the digest of its arrays, and a function that compares. */
embq_status embq_check_sha256(const embq_piece *pieces, uint32_t piece_count, const uint8_t *digest);

/* Bytes of arena that a sentence of `tokens` tokens needs, exactly; 0 when the model takes no such length. */
size_t embq_arena_size(const embq_model *model, uint32_t tokens);

/* The model's longest sentence, in tokens; longer texts are cut. */
uint32_t embq_max_length(const embq_model *model);

/* What a model's logits are. */
typedef enum embq_task {
    EMBQ_TASK_LABELS = 1,      /* one for each label: the largest wins */
    EMBQ_TASK_NUMBER = 2,      /* one or several: the predicted numbers */
    EMBQ_TASK_EMBEDDING = 3,   /* a vector of length 1 that stands for the text */
    EMBQ_TASK_PRETRAINING = 4, /* two: the second sentence follows or not; then one for each word at [MASK] */
    EMBQ_TASK_MULTI_LABEL = 5, /* one for each label: all above 0 apply, any number of them. 0 is a share of one half */
    EMBQ_TASK_TAGS = 6         /* one for each label, and that for each token: see embq_run_tags */
} embq_task;

embq_task embq_task_of(const embq_model *model);

/* How many logits a run gives. */
uint32_t embq_output_count(const embq_model *model);

/* The name of output `index`, UTF-8, ended by a NUL; null when there is no such output. */
const char *embq_label(const embq_model *model, uint32_t index);

/* Runs a sentence given as token ids.
 *   ids      uint16 [count], [CLS] included as the tokenizer puts it; [PAD] at the end is ignored
 *   arena    at least embq_arena_size(model, count) bytes, aligned to EMBQ_ALIGNMENT; its content is overwritten
 *   logits   int32 [embq_output_count(model)], see EMBQ_LOGIT_FRACTION_BITS. Of a tagger they are a checksum of all
 *            tokens' logits: embq_run_tags gives these. */
embq_status embq_run_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena,
                            size_t arena_size, int32_t *logits);

/* Runs a sentence given as text (UTF-8, `length` bytes, no NUL needed). It is cut to as many tokens as the arena has
 * room for, at most embq_max_length. */
embq_status embq_run_text(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                          int32_t *logits);

/* Runs a pair of texts of a model that tells them apart; see embq_tokenize_pair for how a long pair is cut. */
embq_status embq_run_pair(const embq_model *model, const char *first, size_t first_length, const char *second,
                          size_t second_length, void *arena, size_t arena_size, int32_t *logits);

/* As embq_run_tokens, with what embq_tokenize_pair has told of the ids. */
embq_status embq_run_pair_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, embq_texts texts,
                                 void *arena, size_t arena_size, int32_t *logits);

/* A sentence that is run step by step. It is the caller's memory, filled by embq_begin or embq_begin_text; the fields
 * are for the runtime alone. */
typedef struct embq_run {
    const embq_model *model;
    const struct embq_register *registers;
    uint8_t *arena;
    const uint32_t *places; /* in the arena: where each register lies, then each store */
    const uint16_t *ids;    /* in the arena: uint16 [tokens] */
    int32_t *logits;
    uint32_t tokens;
    embq_texts texts;
    uint32_t separator_at, mask_at; /* first [SEP], first [MASK]; `tokens` when there is none */
    const struct embq_pass *pass;   /* the pass that goes on */
    const uint32_t *words;          /* its operations */
    uint32_t passes_left;           /* with it; 0: the run is done */
    uint32_t at;                    /* the next operation: words[at] */
    uint32_t first, count;          /* the positions that are worked on, count 1 ... EMBQ_ROWS */
    uint32_t end;                   /* behind the pass's last position */
    uint32_t rows;                  /* of a tagger: tokens whose logits are kept */
} embq_run;

/* Begins what embq_run_tokens does, with the same arguments and answers; embq_step does the work. The ids are copied;
 * model, arena and logits must stay until the run is done, and nobody else may write the arena. Any number of runs may
 * take turns, each with an arena of its own.
 *
 * Time: the ids are read twice, and at most the arena and the logits are filled with zeros. After another answer than
 * EMBQ_OK there is nothing to do: embq_step answers 0. */
embq_status embq_begin(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena, size_t arena_size,
                       int32_t *logits, embq_run *run);

/* Begins what embq_run_text does. The whole text is tokenized by this call, see embq_tokenize for the time that it
 * takes; the text is not needed afterwards. */
embq_status embq_begin_text(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                            int32_t *logits, embq_run *run);

/* Begin what embq_run_pair and embq_run_pair_tokens do. */
embq_status embq_begin_pair(const embq_model *model, const char *first, size_t first_length, const char *second,
                            size_t second_length, void *arena, size_t arena_size, int32_t *logits, embq_run *run);
embq_status embq_begin_pair_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, embq_texts texts,
                                   void *arena, size_t arena_size, int32_t *logits, embq_run *run);

/* Does the next piece of a run: 1 when more is left, 0 when the logits are complete. A further step does nothing and
 * answers 0 again. Stepping and running give the same bits.
 *
 * A piece is one operation on at most two positions, so that the model and the sentence's length bound its time. In
 * multiplications that is at most
 *     2 N K         a matrix [N, K] of 8 bits; packed ones have one more for 16 weights. N K for a text's labels and
 *                   for words at [MASK], whose N may be the vocabulary
 *     4 D tokens    attention of width D
 *     2 k E         convolution of k taps on E channels
 *     24 E N        a scan of E channels with N states each
 *     4 D r         an embedding of width D with expanders from r
 * and a few for each number of two rows in all other operations. Between two operations a step passes over those passes
 * that have no work, 256 at most. */
int embq_step(embq_run *run);

/* ---- Taggers: a label for each token of a text ------------------------------------------------------------------ */

/* Runs a tagger (EMBQ_TASK_TAGS) on a text, cut as embq_run_text cuts it.
 *   logits   int32 [rows][embq_output_count(model)]: those of the sentence's first `rows` tokens. With 0 rows a
 *            checksum of all, int32 [embq_output_count(model)].
 *   tokens   receives the text's own tokens, without those of the template, in the arena: they stay until it is used
 *            again.
 *   count    receives how many there are.
 *   first    receives the position of the first of them in the sentence, or null: its logits are row *first.
 * EMBQ_ERROR_ARGUMENT also if the model is no tagger. */
embq_status embq_run_tags(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                          int32_t *logits, uint32_t rows, const embq_token **tokens, uint32_t *first, uint32_t *count);

/* Begins what embq_run_tags does; the text is not needed afterwards. */
embq_status embq_begin_tags(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                            int32_t *logits, uint32_t rows, embq_run *run);

/* As embq_begin_tags, of a sentence given as token ids: its tokens have labels, and 0 as start and end. */
embq_status embq_begin_tag_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena,
                                  size_t arena_size, int32_t *logits, uint32_t rows, embq_run *run);

/* The text's own tokens of a tagger's run that is done, in the arena.
 *   first   receives the position of the first of them, or null: its logits are row *first.
 *   count   receives how many there are. */
const embq_token *embq_tags(const embq_run *run, uint32_t *first, uint32_t *count);

/* ---- Answers and check vectors ----------------------------------------------------------------------------------- */

/* The index of the largest logit, the first of equals. */
uint32_t embq_best(const int32_t *logits, uint32_t count);

/* How many recorded check vectors the artifact carries. */
uint32_t embq_check_count(const embq_model *model);

/* Replays check vector `index`: tokenizes its text and compares the ids, runs them and compares the logits, bit for
 * bit, with those recorded when the artifact was made.
 *   arena    at least embq_arena_size(model, embq_max_length(model)) bytes
 *   logits   scratch, int32 [embq_output_count(model)]
 * EMBQ_ERROR_CHECKSUM says that this build or this chip computes something else. */
embq_status embq_check(const embq_model *model, uint32_t index, void *arena, size_t arena_size, int32_t *logits);

/* A short English sentence on a status. Define EMBQ_NO_STATUS_TEXT to leave the texts out. */
const char *embq_status_text(embq_status status);

/* ---- Test protocol ----------------------------------------------------------------------------------------------- */

#define EMBQ_SERIAL_COMMAND_SIZE 80u

/* A board under test: it answers the commands that a host sends, as the runner of MLPerf Tiny does and `embq verify
 * --serial`. Fill in the first fields and set the others to 0. Everything that they point to stays the caller's. */
typedef struct embq_serial {
    const embq_model *model;
    const char *name;      /* of the model, without ']' */
    const uint8_t *sha256; /* [EMBQ_SHA256_SIZE], from the model's header */
    void *arena;           /* as of embq_run_text */
    size_t arena_size;
    int32_t *logits; /* [embq_output_count(model)] */
    char *text;      /* room for the text that the host sends */
    size_t text_size;
    void (*put)(void *context, const char *bytes, size_t count); /* sends bytes, and returns when it has taken them */
    uint32_t (*microseconds)(void *context);                     /* a clock that may wrap; null: it is always 0 */
    void *context;
    size_t expected, loaded; /* bytes of the text */
    uint32_t length;         /* of the command */
    int has_results;
    char command[EMBQ_SERIAL_COMMAND_SIZE + 1u];
} embq_serial;

/* Tells the host that the board is ready: the first call, once the model is open. */
void embq_serial_begin(embq_serial *serial);

/* Takes one byte that the host sent. '%' ends a command, which is then executed: the call takes as long as the
 * sentences that the host asks for, and at most 256 bytes of stack more than embq_run_text. */
void embq_serial_take(embq_serial *serial, char byte);

#ifdef __cplusplus
}
#endif
#endif
