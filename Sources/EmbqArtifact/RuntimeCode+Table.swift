// Written by Tests/device/code.py: do not edit. arm-none-eabi-gcc 12.2.1, Cortex-M4, -Os.
extension RuntimeCode {
    /// Bytes of `embq_model` where addresses have 32 bits.
    package static let modelSize = 192

    /// A section in each line: its bytes, and the sections that it needs, by their lines.
    static let sections = """
        32
        216 2 52 53 54 55
        8
        20
        56 56
        44 56
        12 57 58
        12 59 60
        12 61 62
        12 63 64
        12 65 66
        12 67 68
        12 69 70
        12 71 72
        12 73 74
        12 75 76
        12 77 78
        12 79 80
        12 81 82
        12 83 84
        12 85 86
        12 87 88
        12 89 90
        12 91 92
        12 93 94
        12 95 96
        12 97 98
        12 99 100
        12 101 102
        12 103 104
        12 105 106
        12 107 108
        12 109 110
        12 111 112
        68 113 114 115
        32 54 116
        24 117 118
        16 119 120
        16 121 122
        16 123 124
        16 125 126
        16 127 128
        16 129 130
        16 131 132
        68 133
        16 134 135 136
        20 137 138 139 140 141
        16 134 135 142
        20 143 144 145 146 147
        20 143 144 145
        16 148 149 150
        16 151 152 153
        76 154
        120 155 156
        24 113
        80 157 158
        1020 159 160 161
        168 162 163 164 165 166 167
        108 168
        448 169 170 171 172 173 174
        244 165 166 175 176 177 178
        144 163 164 165 166
        620 179 180
        200 166 175 176 181
        176 182
        424
        220 163 164 165 166
        100 183
        64 184 185
        260
        88 165 166
        96 165 166
        152 186 187
        64 174
        76 165 166 181
        68 188
        116 166 167 176 189
        380 190
        160 166 184 191
        140 165 166 178
        516 173 192 193
        76 165
        180 186
        168 183 194
        108 184 185 195
        76 196
        80 165 166 195
        96 194 197
        80 184 195 198
        104 165 199
        448 186
        104 166 199
        740 186 200 201
        92 202
        96 163 164 165 166
        120 173 188 193 203
        76 165 166
        276 165 166 191 199
        1176
        264 165 177 189 204 205
        208 188
        56 197
        36 184 198
        140 0
        56 165
        196 186 192 201
        48 165
        48 165 166
        232 186 192 201
        720 169 170 171
        284 165 166 175 176 177
        468 206
        180 163 164 165 166 181
        152 207
        300 156 208 209 210
        56
        92 53 55
        15
        64 211
        192 212
        500 213 214 215 216
        196 44 212 217
        756 215 216 218 219 220 221
        20 220
        4 217
        24 44
        52 215
        80 44 133
        332 133 215
        52 44
        300 215 222
        300 215 222
        28
        172
        64
        228 223
        308 224
        440 223 225
        468 133 138 226 227 228 229
        80 133 226 228
        80
        120
        216 136 224 230 231 232 233
        68 234 235
        1688 133 226 227 234 235 236 237 238 239 240 241 242 243 244 245
        592 212 246
        72 247 248
        1812 133 226 227 245 247 248 249 250 251 252 253 254 255 256 257 258 259 260 261 262
        200 263
        188 264 265
        100 266
        124 267 268 269
        48 264
        48 266
        88 270
        312 154 207 270
        84 52
        56 52
        212 271 272
        712
        52 273
        1008 223 274
        88
        24 191
        32 275
        72
        92
        40
        124 276
        76
        20
        196
        152 277
        92 278
        480 279 280 281
        32
        80 204
        40
        80
        44
        200 282
        36
        196 283 284
        444 174 180 285
        80 181
        316 163 164 166 178 181 184 191 286
        12
        136
        12
        48
        12
        32 275
        28
        148
        88
        60 181
        428 287
        668 173 192 193 285 286
        232 164 165 166 178 184 286
        36 175
        36
        148 200
        92 288
        136
        68
        84 204
        92
        112
        8
        28 289
        1084 133 226 227 290 291 292 293
        635
        104
        228
        48
        128
        28 294
        340 44 212
        52
        32
        364 215 216 221
        20
        36 216
        28
        80 294
        44
        28 294
        120
        64 133
        24 226
        72
        252 224 232 295
        56
        96 296 297
        44
        156
        168 244
        84 133 222
        40 298
        12 238
        56 133 222
        380 236 237 240 299
        3
        112
        300 133 300
        160 301
        184
        44
        172
        296 224 230 231 232 233 302
        52 133 303 304
        44 133 304
        284 133 303 304 305
        92 133 252
        40 253
        336 133 306
        184 255
        348 250 251 256 303 307
        3
        116
        68
        356 263
        184 267 268 269
        552 267 268 269 308
        284 223 309
        4
        68 309
        68 310
        8
        32 311
        3
        556 133 226 227 312 313 314 315
        36
        64
        4
        116
        168
        96
        136
        100
        248
        256
        184
        124
        132
        68 190
        28
        224
        140
        144 53 156
        116 316
        28
        108
        92 262 292 302
        32
        64 296 297
        60
        56
        32 314
        40 133 226
        248 133
        96 317 318
        396 224
        36
        28 222
        48 292
        312 133
        40 133 226
        284
        4
        180 309 311
        64 309
        116 319
        68
        80
        76 314
        196 291 293
        76 133
        296 317 320
        160 315
        80 222
        """

    /// What firmware can refer to: a symbol and its section in each line.
    static let symbols = """
        embq_best 0
        embq_check 1
        embq_check_count 2
        embq_label 3
        embq_open_sections 4
        embq_open_with 5
        embq_operation_activate 6
        embq_operation_attend 7
        embq_operation_combine 8
        embq_operation_convolve 9
        embq_operation_curve 10
        embq_operation_embed 11
        embq_operation_gate 12
        embq_operation_join 13
        embq_operation_linear 14
        embq_operation_load 15
        embq_operation_look_up 16
        embq_operation_norm 17
        embq_operation_output 18
        embq_operation_packed_embed 19
        embq_operation_packed_linear 20
        embq_operation_packed_table_norm 21
        embq_operation_pool 22
        embq_operation_pooled 23
        embq_operation_requantize 24
        embq_operation_rescale 25
        embq_operation_scan 26
        embq_operation_store 27
        embq_operation_table_norm 28
        embq_operation_tag 29
        embq_operation_unit 30
        embq_operation_unit_row 31
        embq_operation_wide_attend 32
        embq_operation_wide_linear 33
        embq_run_tags 34
        embq_run_text 35
        embq_status_text 36
        embq_text_canonical 37
        embq_text_charsmap 38
        embq_text_map 39
        embq_text_prepend 40
        embq_text_replace 41
        embq_text_squeeze 42
        embq_text_strip 43
        embq_text_words 44
        embq_tokenizer_bpe 45
        embq_tokenizer_conditions 46
        embq_tokenizer_merges 47
        embq_tokenizer_places 48
        embq_tokenizer_steps 49
        embq_tokenizer_unigram 50
        embq_tokenizer_wordpiece 51
        """
}
