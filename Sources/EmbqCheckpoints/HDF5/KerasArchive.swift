import EmbqContainers
import EmbqCore

extension CheckpointFormat {
    /// What Keras 3 saves of a whole model: a zip archive with the weights as HDF5, and the layers as JSON, which
    /// embq does not need.
    package static let keras = CheckpointFormat(
        name: "Keras (.keras)", endings: ["keras"],
        recognises: { bytes in
            zipNames(bytes).map { names in
                // Of a file that is cut short only the first name is known.
                names.contains(kerasWeights) || names.contains("config.json") && names.contains("metadata.json")
                    || names == ["metadata.json"]
            } ?? false
        },
        open: { file throws(EmbqError) in
            let archive = try ZipArchive(file)
            return try naming(file.path) { () throws(EmbqError) in
                guard let entry = archive.entry(kerasWeights) else {
                    throw EmbqError(
                        .missing, "the archive has no \(kerasWeights)",
                        advice: "Save the model again with Keras, or its weights as safetensors.")
                }
                return try archive.withBytes(of: entry) { bytes throws(EmbqError) in
                    do throws(EmbqError) {
                        return try HDF5Source(HDF5File(image: bytes), path: file.path)
                    } catch {
                        throw error.inside(kerasWeights)
                    }
                }
            }
        })

    private static let kerasWeights = "model.weights.h5"
}
