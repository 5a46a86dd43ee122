import EmbqCore
import EmbqModels
package import EmbqQuantization

/// Lays an int8 model out as an `.embq` artifact: the same model gives the same bytes.
package struct ArtifactWriter: Sendable {
    package var model: QuantizedModel
    /// The tokenizer's tables, section TOKN.
    package var tokenizer: [UInt8]
    /// The provenance, one JSON object in UTF-8.
    package var provenance: String
    package var checks: [CheckVector]

    package init(_ model: QuantizedModel, tokenizer: [UInt8], provenance: String, checks: [CheckVector] = []) {
        self.model = model
        self.tokenizer = tokenizer
        self.provenance = provenance
        self.checks = checks
    }

    /// The artifact's bytes.
    package func bytes() -> [UInt8] {
        let sections = ArtifactFormat.Tag.allCases.compactMap { tag in content(tag).map { (tag, $0) } }
        var writer = ByteWriter()
        writer.write(bytes: ArtifactFormat.magic.utf8)
        writer.write(ArtifactFormat.version)
        writer.write(UInt32(0))  // file size, below
        writer.write(UInt32(sections.count))
        for _ in 0..<4 { writer.write(UInt32(0)) }  // checksum, below; reserved

        var offset = ArtifactFormat.headerSize + sections.count * ArtifactFormat.sectionEntrySize
        for (tag, content) in sections {
            offset += (ArtifactFormat.alignment - offset % ArtifactFormat.alignment) % ArtifactFormat.alignment
            writer.write(bytes: tag.rawValue.utf8)
            writer.write(UInt32(offset))
            writer.write(UInt32(content.count))
            writer.write(ArtifactFormat.crc32(content))
            offset += content.count
        }
        writer.patch(UInt32(offset), at: 8)
        writer.patch(ArtifactFormat.crc32(writer.bytes), at: 16)
        for (_, content) in sections {
            writer.align(to: ArtifactFormat.alignment)
            writer.write(bytes: content)
        }
        return writer.bytes
    }

    private func content(_ tag: ArtifactFormat.Tag) -> [UInt8]? {
        switch tag {
        case .model:
            var writer = ByteWriter()
            writer.write(contentsOf: model.record)
            return writer.bytes
        case .weights: return model.weights.bytes
        case .tables: return model.tables.bytes
        case .tokenizer: return tokenizer
        case .labels: return Self.labels(model.config.labels)
        case .checks: return checks.isEmpty ? nil : checkVectors()
        case .directory: return directory()
        case .provenance: return Array(provenance.utf8)
        }
    }

    /// uint32 offsets, then the texts, each ended by a NUL.
    private static func labels(_ labels: [String]) -> [UInt8] {
        var writer = ByteWriter()
        var text = ByteWriter()
        for label in labels {
            writer.write(UInt32(labels.count * 4 + text.bytes.count))
            text.write(bytes: label.utf8)
            text.write(UInt8(0))
        }
        writer.write(bytes: text.bytes)
        return writer.bytes
    }

    /// A count and records of five words, then logits, ids and texts.
    private func checkVectors() -> [UInt8] {
        var offset = 4 + checks.count * 20
        let logits = checks.map { check in
            defer { offset += check.logits.count * 4 }
            return offset
        }
        let ids = checks.map { check in
            defer { offset += check.ids.count * 2 }
            return offset
        }
        let texts = checks.map { check in
            defer { offset += check.text.count }
            return offset
        }
        var writer = ByteWriter()
        writer.write(UInt32(checks.count))
        for (index, check) in checks.enumerated() {
            writer.write(UInt32(texts[index]))
            writer.write(UInt32(check.text.count))
            writer.write(UInt32(ids[index]))
            writer.write(UInt32(check.ids.count))
            writer.write(UInt32(logits[index]))
        }
        for check in checks { writer.write(contentsOf: check.logits) }
        for check in checks { writer.write(contentsOf: check.ids) }
        for check in checks { writer.write(bytes: check.text) }
        return writer.bytes
    }

    /// For each tensor: section, element, rank, dimensions, offset, bytes, and its name with its length before it.
    private func directory() -> [UInt8] {
        let pools: [(ArtifactFormat.Tag, TensorPool)] = [(.weights, model.weights), (.tables, model.tables)]
        var writer = ByteWriter()
        writer.write(UInt32(pools.reduce(0) { $0 + $1.1.tensors.count }))
        for (tag, pool) in pools {
            for tensor in pool.tensors {
                writer.write(bytes: tag.rawValue.utf8)
                writer.write(tensor.element.rawValue)
                writer.write(UInt16(tensor.shape.count))
                for dimension in tensor.shape { writer.write(UInt32(dimension)) }
                writer.write(UInt32(tensor.offset))
                writer.write(UInt32(tensor.byteCount))
                writer.write(UInt16(tensor.name.utf8.count))
                writer.write(bytes: tensor.name.utf8)
            }
        }
        return writer.bytes
    }
}
