"""Reads the tries of a tokenizer section of kind 2 or 3, with nothing but Schemas/tokenizer-section.md."""

LAST, HAS_CHILDREN, ENDS = 32, 64, 128


def block_count(nodes):
    assert 2 <= nodes < 1 << 22
    return -(-(nodes + 3) // 32)


def top_count(blocks):
    return min(blocks // 2, 1024)


def read_tries(count, children, tops, earlier, pieces, nodes):
    """Two dictionaries, of root 0 and root 1: the units of a piece give its number."""
    paths, tries = [(0, ()), (1, ())], ({}, {})
    number = 0
    assert len(nodes) == 32 * len(children) and not any(nodes[count:])
    assert all(byte & ~HAS_CHILDREN == 0 for byte in nodes[:2])
    for node, byte in enumerate(nodes):
        first, half = children[node // 32] & 0x3FFFFF, children[node // 32] >> 22
        assert node >= len(tops) or tops[node] == len(paths)
        if node % 32 == 0:
            assert (first, earlier[node // 32]) == (len(paths), number)
        elif node % 32 == 16:
            assert first + half == len(paths)
        if byte & ENDS:
            root, path = paths[node]
            tries[root][path] = number
            number += 1
        if byte & HAS_CHILDREN:
            root, path = paths[node]
            assert len(paths) > node
            labels = []
            while True:
                child = nodes[len(paths)]
                labels.append(child & 31)
                paths.append((root, path + (child & 31,)))
                assert len(paths) <= count
                if child & LAST:
                    break
            assert labels == sorted(set(labels))
    assert len(paths) == count and number == pieces
    return tries


def spell(symbol, more):
    """The units of a symbol."""
    assert 1 <= more <= 4
    singles, units = 32 - (1 << more), ()
    while symbol >= singles:
        symbol -= singles
        units += (singles + symbol % (1 << more),)
        symbol >>= more
    return units + (symbol,)
