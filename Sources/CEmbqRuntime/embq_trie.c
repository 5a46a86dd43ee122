/* Tries of bytes, which the tables of WordPiece and Unigram have. */
#include "embq_trie.h"

enum {
    ROOTS = 2, /* nodes 0 and 1 */
    BLOCK = 16,
    MOST_NODES = 0xFFFFFF /* so that sizes fit 32 bits */
};

static uint32_t block_count(uint32_t nodes) { return (nodes + BLOCK - 1) / BLOCK; }

int embq_trie_measure(const uint8_t *header, embq_model_tables *tables)
{
    const uint32_t nodes = embq_read32(header + 36);
    if (nodes < ROOTS || nodes > MOST_NODES) return 0;
    tables->wide_count = block_count(nodes);
    tables->narrow_count = 2 * block_count(nodes) + embq_read16(header + 22);
    tables->byte_count = 2 * nodes;
    return 1;
}

int embq_trie_open(embq_trie *w, const uint8_t *header, const embq_model_tables *tables, uint32_t vocabulary)
{
    uint32_t nodes = embq_read32(header + 36), blocks = block_count(nodes), pieces = embq_read16(header + 22);
    uint32_t node, child = ROOTS, piece = 0, i;
    w->children = tables->wide;
    w->earlier = tables->narrow;
    w->ends = w->earlier + blocks;
    w->pieces = w->ends + blocks;
    w->labels = tables->bytes;
    w->counts = w->labels + nodes;

    if (w->labels[0] != 0 || w->labels[1] != 0 || (w->ends[0] & 3u) != 0 ||
        !embq_ids_fit(w->pieces, pieces, vocabulary))
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

uint32_t embq_trie_child(const embq_trie *w, uint32_t node, uint32_t label)
{
    uint32_t first = w->children[node / BLOCK], last, i = node - node % BLOCK, sums = 0;
    /* The counts of the block's nodes before this one, four at a time: two sums of 16 bits. */
    for (; i + 4 <= node; i += 4) {
        const uint32_t four = embq_read32(w->counts + i);
        sums += (four & 0x00FF00FFu) + (four >> 8 & 0x00FF00FFu);
    }
    first += (sums & 0xFFFF) + (sums >> 16);
    for (; i < node; i++) first += w->counts[i];
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

int embq_trie_ends(const embq_trie *w, uint32_t node) { return w->ends[node / BLOCK] >> node % BLOCK & 1; }

uint32_t embq_trie_piece(const embq_trie *w, uint32_t node)
{
    uint32_t index = w->earlier[node / BLOCK], before = w->ends[node / BLOCK] & ((1u << node % BLOCK) - 1u);
    for (; before != 0; before &= before - 1) index++;
    return index;
}
