// Written by Tests/device/code.py: do not edit. arm-none-eabi-gcc 12.2.1, Cortex-M4, -Os.
extension RuntimeCode {
    /// Bytes of `embq_model` where addresses have 32 bits.
    package static let modelSize = 192

    /// A section in each line: its bytes, and the sections that it needs, by their lines.
    static let sections = """
        32
        216 2 56 57 58 59
        8
        20
        56 60
        44 60
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
        12 113 114
        12 115 116
        12 117 118
        12 119 120
        12 121 122
        12 123 124
        68 125 126 127
        32 58 128
        24 129 130
        16 131 132
        16 133 134
        16 135 136
        16 137 138
        16 139 140
        16 141 142
        16 143 144
        68 145
        16 146 147 148
        20 149 150 151 152 153
        16 146 147 154
        20 155 156 157 158 159
        20 155 156 157
        16 160 161 162
        16 163 164 165
        76 166
        120 167 168
        24 125
        80 169 170
        1020 171 172 173
        168 174 175 176 177 178 179
        108 180
        464 181 182 183 184 185 186
        244 177 178 187 188 189 190
        144 175 176 177 178
        620 191 192
        200 178 187 188 193
        176 194
        424
        220 175 176 177 178
        100 195
        64 196 197
        260
        88 177 178
        96 177 178
        152 198 199
        64 186
        76 177 178 193
        68 200
        116 178 179 188 201
        380 202
        160 178 196 203
        140 177 178 190
        516 185 204 205
        76 177
        180 198
        208 206 207
        144 177 189 207 208
        260 177 178 187 189 190 209
        620 181 182 183 185 210 211 212
        436 194 213
        224 178 190 193 209
        148 195 214
        88 197 215
        72 212
        124 177 178 193
        80 214 216
        56 215 217
        104 177 218
        448 198
        104 178 218
        740 198 219 220
        92 221
        96 175 176 177 178
        120 185 200 205 222
        76 177 178
        276 177 178 203 218
        1176
        120 177 189 201 208
        208 200
        56 216
        36 196 217
        140 0
        56 177
        196 198 204 220
        48 177
        48 177 178
        232 198 204 220
        108 207 213
        116 178 209
        452 181 182 183 223 224
        284 177 178 187 188 189
        480 225
        180 175 176 177 178 193
        152 226
        300 168 227 228 229
        56
        92 57 59
        15
        64 230
        192 231
        500 232 233 234 235
        196 48 231 236
        756 234 235 237 238 239 240
        20 239
        4 236
        24 48
        52 234
        80 48 145
        332 145 234
        52 48
        300 234 241
        300 234 241
        28
        172
        64
        228 242
        308 243
        440 242 244
        468 145 150 245 246 247 248
        80 145 245 247
        80
        120
        216 148 243 249 250 251 252
        68 253 254
        1688 145 245 246 253 254 255 256 257 258 259 260 261 262 263 264
        592 231 265
        72 266 267
        1812 145 245 246 264 266 267 268 269 270 271 272 273 274 275 276 277 278 279 280 281
        200 282
        188 283 284
        100 285
        124 286 287 288
        48 283
        48 285
        88 289
        312 166 226 289
        84 56
        56 56
        212 290 291
        712
        52 292
        1008 242 293
        88
        24 203
        32 294
        72
        92
        40
        124 295
        76
        20
        196
        152 296
        92 297
        480 298 299 300
        32
        80 301
        40
        80
        44
        200 302
        36
        196 303 304
        444 186 192 305
        80 193
        316 175 176 178 190 193 196 203 306
        12
        136
        12
        48
        12
        32 294
        28
        148
        304
        36
        156 301 307
        84 301
        36
        160 308
        184 207 309
        96 310
        196 311
        184 174 176 193 311
        668 185 204 205 305 306
        232 176 177 178 190 196 306
        36 187
        36
        148 219
        92 312
        136
        140
        268 205
        204 313
        112
        8
        28 314
        1084 145 245 246 315 316 317 318
        635
        104
        228
        48
        128
        28 319
        340 48 231
        52
        32
        364 234 235 240
        20
        36 235
        28
        80 319
        44
        28 319
        120
        64 145
        24 245
        72
        252 243 251 320
        56
        96 321 322
        44
        156
        168 263
        84 145 241
        40 323
        12 257
        56 145 241
        380 255 256 259 324
        3
        112
        300 145 325
        160 326
        184
        44
        172
        296 243 249 250 251 252 327
        52 145 328 329
        44 145 329
        284 145 328 329 330
        92 145 271
        40 272
        336 145 331
        184 274
        348 269 270 275 328 332
        3
        116
        68
        356 282
        184 286 287 288
        552 286 287 288 333
        284 242 334
        4
        68 334
        68 335
        8
        32 336
        3
        556 145 245 246 337 338 339 340
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
        68
        184
        124
        132
        68 202
        28
        84 301
        96
        440 341
        116
        48
        140
        92
        144 57 168
        116 342
        28
        108
        92 281 317 327
        32
        64 321 322
        60
        56
        32 339
        40 145 245
        248 145
        96 343 344
        396 243
        36
        28 241
        48 317
        312 145
        40 145 245
        284
        4
        180 334 336
        64 334
        116 345
        68
        80
        76 339
        20 346 347 348 349 350
        196 316 318
        76 145
        296 343 351
        160 340
        492
        268
        184
        156
        128
        80 241
        236 353 354
        328 355
        32
        256
        """

    /// What firmware can refer to: a symbol and its section in each line.
    static let symbols = """
        embq_best 0
        embq_check 1
        embq_check_count 2
        embq_check_sha256 352
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
        embq_operation_pack 19
        embq_operation_packed_attend 20
        embq_operation_packed_convolve 21
        embq_operation_packed_embed 22
        embq_operation_packed_linear 23
        embq_operation_packed_table_norm 24
        embq_operation_pool 25
        embq_operation_pooled 26
        embq_operation_requantize 27
        embq_operation_rescale 28
        embq_operation_scan 29
        embq_operation_store 30
        embq_operation_table_norm 31
        embq_operation_tag 32
        embq_operation_unit 33
        embq_operation_unit_row 34
        embq_operation_unpack 35
        embq_operation_wide_attend 36
        embq_operation_wide_linear 37
        embq_run_tags 38
        embq_run_text 39
        embq_status_text 40
        embq_text_canonical 41
        embq_text_charsmap 42
        embq_text_map 43
        embq_text_prepend 44
        embq_text_replace 45
        embq_text_squeeze 46
        embq_text_strip 47
        embq_text_words 48
        embq_tokenizer_bpe 49
        embq_tokenizer_conditions 50
        embq_tokenizer_merges 51
        embq_tokenizer_places 52
        embq_tokenizer_steps 53
        embq_tokenizer_unigram 54
        embq_tokenizer_wordpiece 55
        """
}
