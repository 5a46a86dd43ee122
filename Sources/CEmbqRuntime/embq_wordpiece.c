/* WordPiece: takes the longest piece of the vocabulary again and again; a word that it cannot finish is one unknown id.
 *
 * The pieces are two tries of bytes, one for pieces that begin a word and one for those that continue it. Nodes are
 * numbered level by level, so the children of a node lie side by side, behind those of the nodes before it: how many
 * children each node has says where they are, and every 16th place is written down. */
#include "embq_extension.h"
#include "embq_splitter.h"

enum {
    HEADER_SIZE = 44,
    ROOTS = 2, /* node 0 begins words, node 1 continues them */
    BLOCK = 16,
    BASE = 255, /* values of a byte of a symbol's code, so that a node has at most as many children */
    LONGEST = 1000,
    MOST_NODES = 0xFFFFFF /* so that sizes fit 32 bits */
};

static uint32_t block_count(uint32_t nodes) { return (nodes + BLOCK - 1) / BLOCK; }

static int measure(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables)
{
    uint32_t nodes;
    if ((t->flags & ~(uint32_t)EMBQ_FLAG_EXTENDED) != 0 || size < HEADER_SIZE) return 0;
    nodes = embq_read32(header + 36);
    if (nodes < ROOTS || nodes > MOST_NODES) return 0;
    tables->wide_count = block_count(nodes);
    tables->narrow_count = 2 * block_count(nodes) + embq_read16(header + 22);
    tables->byte_count = 2 * nodes;
    tables->symbols = embq_read16(header + 20);
    return 1;
}

static int open_tables(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables)
{
    embq_wordpiece *w = &t->model.wordpiece;
    uint32_t nodes = embq_read32(header + 36), blocks = block_count(nodes), pieces = embq_read16(header + 22);
    uint32_t node, child = ROOTS, piece = 0, i;
    w->unknown = (uint16_t)embq_read16(header + 24);
    w->singles = (uint16_t)embq_read16(header + 40);
    w->longest = (uint16_t)embq_read16(header + 42);
    w->children = tables->wide;
    w->earlier = tables->narrow;
    w->ends = w->earlier + blocks;
    w->pieces = w->ends + blocks;
    w->labels = tables->bytes;
    w->counts = w->labels + nodes;

    if (w->unknown >= t->vocabulary || w->longest > LONGEST || w->singles > BASE ||
        w->singles + (uint32_t)(BASE - w->singles) * BASE < tables->symbols || w->labels[0] != 0 || w->labels[1] != 0 ||
        (w->ends[0] & 3u) != 0 || !embq_ids_fit(w->pieces, pieces, t->vocabulary))
        return 0;
    for (node = 0; node < nodes; node++) {
        uint32_t count = w->counts[node], block = node / BLOCK, bit = node % BLOCK;
        if (bit == 0 && (w->children[block] != child || w->earlier[block] != piece)) return 0;
        if (child <= node || count > nodes - child) return 0; /* a node is some earlier node's child */
        for (i = child + 1; i < child + count; i++) {
            if (w->labels[i] <= w->labels[i - 1]) return 0;
        }
        child += count;
        piece += (uint32_t)w->ends[block] >> bit & 1u;
    }
    return child == nodes && piece == pieces && (nodes % BLOCK == 0 || w->ends[blocks - 1] >> nodes % BLOCK == 0);
}

/* The child of a node with this label, 0 when there is none. */
static uint32_t child_of(const embq_wordpiece *w, uint32_t node, uint32_t label)
{
    uint32_t first = w->children[node / BLOCK], last, i;
    for (i = node - node % BLOCK; i < node; i++) first += w->counts[i];
    last = first + w->counts[node];
    while (first < last) {
        uint32_t middle = first + (last - first) / 2;
        if (w->labels[middle] < label) {
            first = middle + 1;
        } else if (w->labels[middle] > label) {
            last = middle;
        } else {
            return middle;
        }
    }
    return 0;
}

static int ends_piece(const embq_wordpiece *w, uint32_t node) { return w->ends[node / BLOCK] >> node % BLOCK & 1; }

/* The id of the piece that ends at a node. */
static uint16_t piece_at(const embq_wordpiece *w, uint32_t node)
{
    uint32_t index = w->earlier[node / BLOCK], before = w->ends[node / BLOCK] & ((1u << node % BLOCK) - 1u);
    for (; before != 0; before &= before - 1) index++;
    return w->pieces[index];
}

EMBQ_ALWAYS_INLINE size_t find_pieces(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    const embq_wordpiece *w = &t->model.wordpiece;
    size_t at = 0, count = 0;
    while (at < length) {
        uint32_t node = at > 0 ? 1 : 0, last = 0;
        size_t next = at, end = at;
        do {
            uint32_t symbol = word[next++].id;
            if (symbol >= w->singles) {
                symbol -= w->singles;
                node = child_of(w, node, w->singles + symbol / BASE);
                if (node == 0) break;
                symbol %= BASE;
            }
            node = child_of(w, node, symbol);
            if (node == 0) break;
            if (ends_piece(w, node)) {
                last = node;
                end = next;
            }
        } while (next < length);
        if (last == 0) {
            word[0].id = w->unknown;
            if (spans != NULL) spans[0] = (embq_span){spans[0].start, spans[length - 1].end};
            return 1;
        }
        /* Its symbols are read: count <= at. */
        if (spans != NULL) spans[count] = (embq_span){spans[at].start, spans[end - 1].end};
        word[count++].id = piece_at(w, last);
        at = end;
    }
    return count;
}

static size_t split(const embq_tokenizer *t, embq_symbol *word, size_t length)
{
    return find_pieces(t, word, length, NULL);
}

size_t embq_split_wordpiece_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    return find_pieces(t, word, length, spans);
}

const embq_tokenizer_kind embq_tokenizer_wordpiece = {measure, open_tables, split, HEADER_SIZE};
